import { isObject, type JsonObject } from "../base/json.js";
import type { CallStream, Core, LabComponent, Operation } from "./core.js";
import type { WritableEventLog } from "./event-log.js";
import { FLAVOURS } from "./flavour.js";
import { MessageFlag, MessageType } from "./frames.js";
import type { IncomingCall } from "./ipc-connection.js";
import { errorBody, IpcError } from "./ipc-error.js";
import type { IpcStream } from "./ipc-streams.js";
import { isDeeperThan } from "./json-objects.js";
import { isParsed, isSent } from "./lite-objects.js";
import { MODELLED_ONLY, OPERATIONS } from "./operations/operations.js";
import type { LoggedCall, RunningScript, ScriptedAnswer } from "./script.js";

const PREFIX = "aws.greengrass#";
const END_OF_STREAM = { type: MessageType.application, flags: MessageFlag.terminateStream, headers: {} } as const;
const JSON_TYPE = { ":content-type": "application/json" } as const;
// GG_MAX_OBJECT_DEPTH of nucleus lite.
const LITE_DEEPEST_JSON = 15;

/** A stream on which events are still sent. */
interface OpenSubscription {
  readonly component: string;
  readonly operation: string;
  /** Ends the stream from the nucleus's side, with an error when one is given. */
  end(error?: { readonly error: string; readonly message?: string }): void;
}

/** Handles incoming calls: logs, asks the script, runs the operation and answers as the runtime would. */
export interface Dispatcher {
  play(call: IncomingCall): void;
  readonly subscriptions: ReadonlySet<OpenSubscription>;
}

/** A dispatcher over a nucleus's parts. It never throws: any call ends in an answer or a dropped connection. */
export function dispatcher(core: Core, script: RunningScript, calls: WritableEventLog<LoggedCall>): Dispatcher {
  const subscriptions = new Set<OpenSubscription>();
  const { answerFlags } = FLAVOURS[core.flavour];

  const play = async (incoming: IncomingCall, component: LabComponent): Promise<void> => {
    const { stream, operation: fullName } = incoming;
    const name = fullName.startsWith(PREFIX) ? fullName.slice(PREFIX.length) : fullName;
    const text = incoming.payload.toString("utf8");
    const request = parseRequest(text, core);
    const logged: LoggedCall = { component: component.name, operation: name, request: request ?? {} };
    calls.add(logged);
    const held = script.passes(logged);
    if (held) await held;
    const scripted = script.answerTo(logged);
    if (scripted) {
      answerScripted(core, stream, name, scripted);
      return;
    }
    try {
      const operation = operationFor(name, fullName, core);
      if (!operation) {
        sendUnknown(stream, fullName);
        return;
      }
      if (!request)
        throw core.flavour === "lite"
          ? new IpcError("ServiceError", "")
          : new TypeError("The request is not a JSON object");
      const calling = callStream(stream, operation, () => script.areEventsSuppressed(name));
      const answer = await operation.handle(
        { component, operation: fullName, request, text, stream: calling.stream },
        core,
      );
      if (core.flavour === "lite" && !isSent(answer)) throw new IpcError("ServiceError", "");
      const flags = operation.events ? 0 : answerFlags;
      if (!sendBody(stream, answer, `${name}Response`, flags)) throw new IpcError("ServiceError", "");
      if (!operation.events) return;
      calling.opened();
      track(incoming, name);
    } catch (error) {
      sendError(core, stream, error);
    }
  };

  const track = ({ stream, component }: IncomingCall, operation: string) => {
    const subscription: OpenSubscription = {
      component,
      operation,
      end(error) {
        if (error) sendError(core, stream, new IpcError(error.error, error.message ?? ""));
        else stream.send({ ...END_OF_STREAM, payload: Buffer.alloc(0) });
      },
    };
    subscriptions.add(subscription);
    stream.onClosed(() => subscriptions.delete(subscription));
  };

  return {
    subscriptions,
    play(call) {
      const component = core.find(call.component);
      if (component) play(call, component).catch(() => call.stream.dropConnection());
      else call.stream.dropConnection();
    },
  };
}

function parseRequest(text: string, core: Core): JsonObject | null {
  try {
    const request: unknown = JSON.parse(text === "" ? "{}" : text);
    if (!isObject(request)) return null;
    if (core.flavour === "classic") return request;
    return isParsed(request) && !isDeeperThan(LITE_DEEPEST_JSON, request) ? request : null;
  } catch {
    return null;
  }
}

/** The operation to run; null when no model has it; throws ServiceError when its component is not deployed. */
function operationFor(name: string, fullName: string, core: Core): Operation | null {
  const operation = Object.hasOwn(OPERATIONS, name) && fullName.startsWith(PREFIX) ? OPERATIONS[name] : undefined;
  if (core.flavour === "lite") {
    if (operation?.on.includes("lite")) return operation;
    throw new IpcError("ServiceError", "");
  }
  if (!operation && !(MODELLED_ONLY.has(name) && fullName.startsWith(PREFIX))) return null;
  if (operation && (!operation.provider || core.find(operation.provider))) return operation;
  throw new IpcError("ServiceError", `Operation ${fullName} is not supported by Greengrass`);
}

function callStream(
  stream: IpcStream,
  operation: Operation,
  areEventsSuppressed: () => boolean,
): { stream: CallStream; opened: () => void } {
  let opened = false;
  return {
    opened: () => {
      opened = true;
    },
    stream: {
      event(body) {
        // Both runtimes drop events that come before the answer.
        if (opened && stream.open && !areEventsSuppressed()) sendBody(stream, body, operation.events ?? "", 0);
      },
      onClosed: (listener) => stream.onClosed(listener),
    },
  };
}

function sendBody(stream: IpcStream, body: unknown, shape: string, flags: number): boolean {
  const headers = { ...JSON_TYPE, "service-model-type": PREFIX + shape };
  return stream.send({ type: MessageType.application, flags, headers, payload: Buffer.from(JSON.stringify(body)) });
}

function sendError(core: Core, stream: IpcStream, error: unknown): void {
  const known = error instanceof IpcError ? error : null;
  if (!known && core.flavour === "classic") {
    sendText(stream, "InternalServerError");
    return;
  }
  const modelled = known ?? new IpcError("ServiceError", "");
  const payload = Buffer.from(JSON.stringify(errorBody(core.flavour, modelled)));
  const headers = { ...JSON_TYPE, "service-model-type": PREFIX + modelled.shape };
  stream.send({ type: MessageType.applicationError, flags: MessageFlag.terminateStream, headers, payload });
}

function sendText(stream: IpcStream, text: string): void {
  const headers = { ":content-type": "text/plain" };
  const payload = Buffer.from(text);
  stream.send({ type: MessageType.applicationError, flags: MessageFlag.terminateStream, headers, payload });
}

function sendUnknown(stream: IpcStream, operation: string): void {
  const body = { error: "Unknown operation", message: `Operation ${operation} is not known` };
  const payload = Buffer.from(JSON.stringify(body));
  stream.send({ type: MessageType.applicationError, flags: MessageFlag.terminateStream, headers: JSON_TYPE, payload });
}

function answerScripted(core: Core, stream: IpcStream, name: string, answer: ScriptedAnswer): void {
  if (answer === "nothing") return;
  if (answer === "drop") stream.dropConnection();
  else if ("error" in answer) sendError(core, stream, new IpcError(answer.error, answer.message ?? ""));
  else if ("text" in answer) sendText(stream, answer.text);
  else if ("frame" in answer) stream.send(answer.frame);
  else {
    const streams = Object.hasOwn(OPERATIONS, name) && OPERATIONS[name]?.events !== undefined;
    const flags = answer.flags ?? (streams ? 0 : FLAVOURS[core.flavour].answerFlags);
    sendBody(stream, answer.body, answer.shape ?? `${name}Response`, flags);
  }
}
