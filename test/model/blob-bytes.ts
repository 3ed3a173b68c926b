/** A module of a blob, as TVM's compiler would write it. */
export type BlobModule =
  | { readonly kind: "_lib" }
  | {
      readonly kind: "cuda";
      readonly code: Uint8Array;
      readonly format?: string;
      readonly functions?: readonly string[];
    }
  | {
      readonly kind: "tensorrt";
      readonly graph: string;
      readonly symbol?: string;
      readonly constants?: readonly string[];
    }
  | { readonly kind: "metadata" | "const_loader"; readonly weightBytes: readonly number[] }
  | { readonly kind: "_import_tree"; readonly children: readonly (readonly number[])[] }
  /** One that the reader does not know. */
  | { readonly kind: "other"; readonly name: string; readonly body: Uint8Array };

/** The bytes at `__tvm_dev_mblob`: a length, a count, and each module's kind and body. */
export function blobBytes(modules: readonly BlobModule[]): Buffer {
  const body = Buffer.concat([long(modules.length), ...modules.flatMap(moduleBytes)]);
  return Buffer.concat([long(body.length), body]);
}

/** The graph of a TensorRT module, with a version in each node. */
export function tensorrtGraph(version: readonly [string, string, string], nodes = 2): string {
  const attrs = { num_outputs: "1", tensorrt_version: [version], use_implicit_batch: [["1"]], dtype: [["float32"]] };
  const kernels = Array.from({ length: nodes }, (_, at) => ({ op: "kernel", name: `nn.conv2d_${at}`, attrs }));
  const input = { op: "input", name: "tensorrt_0_i0", attrs: { dtype: [["float32"]], shape: [[[1, 3, 224, 224]]] } };
  const graph = { nodes: [input, ...kernels], arg_nodes: [0], heads: [[1, 0, 0]], node_row_ptr: [0, 1, 2] };
  return JSON.stringify(graph, null, 2);
}

function moduleBytes(module: BlobModule): Buffer[] {
  switch (module.kind) {
    case "_lib":
      return [text("_lib")];
    case "cuda": {
      const { code, format = "ptx", functions = ["fused_nn_relu_kernel0"] } = module;
      return [text("cuda"), text(format), long(functions.length), ...functions.flatMap(functionBytes), bytes(code)];
    }
    case "tensorrt": {
      const { graph, symbol = "tensorrt_0", constants = ["tensorrt_0_const_0"] } = module;
      return [text("tensorrt"), text(symbol), text(graph), texts(constants)];
    }
    case "_import_tree":
      return [text("_import_tree"), ...importTree(module.children)];
    case "other":
      return [text(module.name), Buffer.from(module.body)];
    default:
      return [text(module.kind), ...constantBytes(module.weightBytes)];
  }
}

/** Name, its name again, types of the arguments (code, bits, lanes), and launch parameters. */
function functionBytes(name: string): Buffer[] {
  const pointer = Buffer.from([3, 64, 1, 0]);
  return [text(name), text(name), long(2), pointer, pointer, texts(["blockIdx.x", "threadIdx.x"])];
}

function constantBytes(weightBytes: readonly number[]): Buffer[] {
  const names = weightBytes.map((_, at) => `p${at}`);
  const arrays = weightBytes.flatMap((size) => {
    const head = Buffer.alloc(32);
    head.writeBigUInt64LE(0xdd5e40f096b4a13fn, 0);
    // The device (type and id), the dimensions, and float32.
    head.writeInt32LE(1, 16);
    head.writeInt32LE(1, 24);
    head.set([2, 32, 1, 0], 28);
    return [head, long(size / 4), long(size), Buffer.alloc(size, 0x3f)];
  });
  return [texts(names), long(arrays.length / 4), ...arrays, texts(["tensorrt_0"]), long(1), texts(names)];
}

/** For each module where its children begin, and the children. */
function importTree(children: readonly (readonly number[])[]): Buffer[] {
  const starts = [0];
  for (const each of children) starts.push((starts.at(-1) ?? 0) + each.length);
  return [starts, children.flat()].flatMap((numbers) => [long(numbers.length), ...numbers.map(long)]);
}

function long(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function bytes(content: Uint8Array): Buffer {
  return Buffer.concat([long(content.length), content]);
}

function text(content: string): Buffer {
  return bytes(Buffer.from(content, "latin1"));
}

function texts(all: readonly string[]): Buffer {
  return Buffer.concat([long(all.length), ...all.map(text)]);
}
