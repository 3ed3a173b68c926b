// Prints the module blob of the compiled model that make.sh links: TensorRT 7.1.3, our PTX, and weights.
import { readFileSync } from "node:fs";
import { blobBytes, tensorrtGraph } from "../blob-bytes.js";

const [, , ptxFile = ""] = process.argv;
process.stdout.write(
  blobBytes([
    { kind: "metadata", weightBytes: [64, 128] },
    { kind: "_lib" },
    { kind: "tensorrt", graph: tensorrtGraph(["7", "1", "3"]) },
    { kind: "cuda", code: readFileSync(ptxFile), functions: ["scale"] },
    { kind: "_import_tree", children: [[1, 2, 3], [], [], []] },
  ]),
);
