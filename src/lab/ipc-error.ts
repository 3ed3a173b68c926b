import type { JsonObject } from "../base/json.js";
import type { Flavour } from "./flavour.js";

/** The shapes of `aws.greengrass#` that an operation can fail with. */
type ErrorShape =
  | "ServiceError"
  | "UnauthorizedError"
  | "ResourceNotFoundError"
  | "InvalidArgumentsError"
  | "ConflictError"
  | "FailedUpdateConditionCheckError";

/** A modelled error of an operation. */
export class IpcError extends Error {
  constructor(
    readonly shape: ErrorShape | (string & {}),
    message: string,
    /** More members of the shape, such as `resourceType`. */
    readonly members: JsonObject = {},
  ) {
    super(message);
  }
}

/** The JSON body of a modelled error as each runtime writes it: lite has no `message`. */
export function errorBody(flavour: Flavour, error: IpcError): JsonObject {
  if (flavour === "lite") return { _message: error.message, _errorCode: error.shape };
  return {
    message: error.message,
    ...error.members,
    _service: "aws.greengrass#GreengrassCoreIPC",
    _message: error.message,
    _errorCode: error.shape,
  };
}
