// Leaves out of the IPC client's model what describes operations that packdrift never calls: two thirds of its text, which the
// resident process would hold in memory.

/** The operations of the nucleus that src/transports/greengrass calls, as its client spells them. */
export const NUCLEUS_OPERATIONS = [
  "deferComponentUpdate",
  "getComponentDetails",
  "getConfiguration",
  "getThingShadow",
  "publishToIoTCore",
  "publishToTopic",
  "sendConfigurationValidityReport",
  "subscribeToComponentUpdates",
  "subscribeToConfigurationUpdate",
  "subscribeToIoTCore",
  "subscribeToTopic",
  "subscribeToValidateConfigurationUpdates",
  "updateState",
  "updateThingShadow",
];

const ENTRY = "makeServiceModel";
/** A function, or a table of functions, at the top level of the file. */
const DECLARATION = /^(?:function (\w+)\(.*?\) \{\n.*?^\}|const (\w+) = new (?:Map|Set)\(\[\n.*?^\]\);)\n/gms;
const OPERATION = /^ {8}\["aws\.greengrass#(\w+)", \{\n.*?^ {12}\}\],?\n/gms;
/** A row of the tables that find a shape's functions by its name. */
const SHAPE = /^ {8}\["(aws\.greengrass#\w+)", \w+\],?\n/gm;

/** The text of model_utils.js with these operations, the shapes that they name, and what those use. */
export function slimModel(text, operations = NUCLEUS_OPERATIONS) {
  const names = new Set(operations.map((name) => name[0].toUpperCase() + name.slice(1)));
  const fewOperations = text.replace(OPERATION, (entry, name) => (names.delete(name) ? entry : ""));
  if (names.size > 0) throw new Error(`Cannot find the operation ${[...names].join(", ")} in the IPC client's model`);
  const operationTable = bodyOf(fewOperations, "createOperationMap");
  const shapes = new Set(operationTable.match(/aws\.greengrass#\w+/g));
  const fewShapes = fewOperations.replace(SHAPE, (row, shape) => (shapes.has(shape) ? row : ""));
  return withoutUnused(fewShapes);
}

/** Drops declarations that ENTRY does not reach, and exports of all others. */
function withoutUnused(text) {
  const declarations = new Map();
  for (const [whole, functionName, tableName] of text.matchAll(DECLARATION))
    declarations.set(functionName ?? tableName, whole);
  const reached = new Set([ENTRY]);
  for (const name of reached) {
    for (const [word] of (declarations.get(name) ?? "").matchAll(/\b\w+\b/g)) {
      if (declarations.has(word)) reached.add(word);
    }
  }
  return text
    .replace(/^exports\.(?!makeServiceModel = makeServiceModel)\w+ = .*;\n/gm, "")
    .replace(DECLARATION, (whole, functionName, tableName) => (reached.has(functionName ?? tableName) ? whole : ""));
}

function bodyOf(text, name) {
  for (const [whole, functionName] of text.matchAll(DECLARATION)) if (functionName === name) return whole;
  throw new Error(`Cannot find the function ${name} in the IPC client's model`);
}
