import { type Colour, clean, indent, painter, type TextStyle, wrap } from "../base/terminal-text.js";
import { lengthOf, padTo } from "../base/text-width.js";
import type { GpuCode, ModelFileKind, ModelStatement, PackagedModel } from "./model.js";
import { shortPath } from "./short-path.js";

const NAME_WIDTH = 13;
const VALUE_WIDTH = 24;

/** A value on one line: its name, its text and the statement behind it. */
interface Row {
  readonly name: string;
  readonly value: string;
  readonly statement: ModelStatement<unknown>;
}

/**
 * Renders what a model's files say: a summary, then each file with its values, their places and confidence, and last what could not
 * be read.
 */
export function renderModel(model: PackagedModel, style: TextStyle): string {
  const paint = painter(style.colour);
  const lines = [
    paint("bold", clean(titleOf(model))),
    ...indent(model.folders.map(clean), 2),
    "",
    ...indent(wrap(summaryOf(model), style.width - 2), 2),
    "",
  ];
  const rows = rowsOf(model);
  for (const { path, kind } of model.files) {
    const own = rows.filter(({ statement }) => statement.path === path);
    if (own.length === 0) continue;
    lines.push(`${paint("bold", clean(shortPath(model, path)))}  ${paint("dim", KINDS[kind])}`);
    lines.push(...mergeLoads(own).flatMap((row) => renderRow(row, style)), "");
  }
  lines.push(...silentFiles(model, rows, style), ...unreadFiles(model, style));
  lines.push(paint("dim", "✓ stated  ~ inferred  ≠ disputed  ? not read"));
  return `${lines.join("\n")}\n`;
}

function titleOf({ component, version, folders }: PackagedModel): string {
  if (component === null) return folders.length === 1 ? "Packaged model" : `Packaged model in ${folders.length} places`;
  return version === null ? component : `${component} ${version}`;
}

/** The answer in a sentence or two. */
function summaryOf(model: PackagedModel): string {
  const { files, arch, accelerator, tensorrt, cuda, codes } = model;
  const isThere = (kind: ModelFileKind) => files.some((file) => file.kind === kind);
  const values = (all: readonly ModelStatement[]) => [...new Set(all.map(({ value }) => value))].join(" and ");
  const parts = [
    arch === null ? null : `for ${arch.value}`,
    accelerator === null ? null : accelerator.value === "CPU" ? "on the CPU" : "on an NVIDIA GPU",
    tensorrt.length === 0 ? null : `with TensorRT ${values(tensorrt)}`,
    cuda.length === 0 ? null : `CUDA ${values(cuda)}`,
    codes.length === 0 ? null : `code for ${codeNames(codes).join(", ")}`,
  ].filter((part) => part !== null);
  if (isThere("COMPILED_MODEL"))
    return parts.length === 0 ? "A compiled model." : `A compiled model ${parts.join(", ")}.`;
  if (isThere("ONNX")) {
    return "An ONNX model without a compiled library: it runs in an ONNX runtime, and its files name no target.";
  }
  if (files.length === 0) return "No file could be read.";
  const rest = parts.length === 0 ? "" : ` The files are ${parts.join(", ")}.`;
  return `There is no compiled model among these files.${rest}`;
}

function codeNames(codes: readonly ModelStatement<GpuCode>[]): string[] {
  return [...new Set(codes.map(({ value }) => codeName(value)))];
}

function codeName({ kind, sm }: GpuCode): string {
  return kind === "PTX" ? `${sm} and newer (PTX)` : sm;
}

function rowsOf(model: PackagedModel): Row[] {
  const one = (name: string, statement: ModelStatement | null): Row[] =>
    statement === null ? [] : [{ name, value: statement.value, statement }];
  const many = (name: string, all: readonly ModelStatement[]) => all.flatMap((statement) => one(name, statement));
  return [
    ...one("arch", model.arch),
    ...one("accelerator", model.accelerator),
    ...many("tensorrt", model.tensorrt),
    ...many("cuda", model.cuda),
    ...one("ptx isa", model.ptxIsa),
    ...model.codes.map((statement) => ({ name: "gpu code", value: codeName(statement.value), statement })),
    ...one("glibc", model.floors.glibc).map(orNewer),
    ...one("glibcxx", model.floors.glibcxx).map(orNewer),
    ...many("loads", model.loads),
  ];
}

function orNewer(row: Row): Row {
  return { ...row, value: `${row.value} or newer` };
}

/** The libraries that a file loads, in one row. */
function mergeLoads(rows: readonly Row[]): Row[] {
  const loads = rows.filter(({ name }) => name === "loads");
  const [first] = loads;
  if (first === undefined) return [...rows];
  const all = { ...first, value: loads.map(({ value }) => value).join(", ") };
  return [...rows.filter(({ name }) => name !== "loads"), all];
}

const MARKS: Readonly<Record<ModelStatement["confidence"], readonly [mark: string, colour: Colour]>> = {
  FIRM: ["✓", "green"],
  INFERRED: ["~", "yellow"],
  DISPUTED: ["≠", "yellow"],
};

/** A long value wraps in its column, with its place below. */
function renderRow({ name, value, statement }: Row, { colour, width }: TextStyle): string[] {
  const paint = painter(colour);
  const [mark, markColour] = MARKS[statement.confidence];
  const label = `  ${paint(markColour, mark)} ${paint("cyan", name.padEnd(NAME_WIDTH))}`;
  const column = 4 + NAME_WIDTH;
  const place = clean(statement.how === "BLOB_SCAN" ? `${statement.place} (found by a search)` : statement.place);
  const [first = "", ...more] = wrap(value, width - column);
  const padded = Math.max(lengthOf(first), VALUE_WIDTH) + 2;
  if (more.length === 0 && column + padded + lengthOf(place) <= width) {
    return [`${label}${padTo(first, padded)}${paint("dim", place)}`];
  }
  const below = wrap(place, width - column).map((line) => paint("dim", line));
  return [`${label}${first}`, ...indent([...more, ...below], column)];
}

function silentFiles(model: PackagedModel, rows: readonly Row[], { colour, width }: TextStyle): string[] {
  const telling = new Set(rows.map(({ statement }) => statement.path));
  const silent = model.files.filter(({ path }) => !telling.has(path));
  if (silent.length === 0) return [];
  const shown = silent.slice(0, MOST_SILENT).map(({ path, kind }) => {
    const name = shortPath(model, path);
    return kind === "OTHER" ? name : `${name} (${KINDS[kind]})`;
  });
  const more = silent.length > MOST_SILENT ? [`and ${silent.length - MOST_SILENT} more`] : [];
  const text = [...shown, ...more].join(", ");
  return [painter(colour)("bold", "Adds nothing about the device"), ...indent(wrap(text, width - 2), 2), ""];
}

const MOST_SILENT = 20;

function unreadFiles(model: PackagedModel, { colour, width }: TextStyle): string[] {
  if (model.unread.length === 0) return [];
  const paint = painter(colour);
  const lines = model.unread.flatMap(({ path, why }) =>
    wrap(`${shortPath(model, path)}: ${why}`, width - 4).map(
      (line, at) => `  ${at === 0 ? paint("red", "?") : " "} ${line}`,
    ),
  );
  return [paint("bold", "Not read, so what it says is unknown"), ...lines, ""];
}

const KINDS: Readonly<Record<ModelFileKind, string>> = {
  COMPILED_MODEL: "compiled model",
  RUNTIME: "DLR, the runtime",
  LIBRARY: "library",
  META: "the compiler's notes",
  MANIFEST: "manifest",
  GRAPH: "the model's graph",
  PARAMETERS: "weights",
  TENSORRT_ENGINE: "TensorRT engine",
  ONNX: "ONNX model",
  OTHER: "file",
};
