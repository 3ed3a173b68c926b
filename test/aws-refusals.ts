import { execFileSync } from "node:child_process";

/** An operation of an AWS service, and its parameters. */
export type AwsCall = readonly [operation: string, parameters: object];

const SCRIPT = `
import json, sys
from botocore.session import Session
from botocore.validate import ParamValidator
model = Session().get_service_model(sys.argv[1])
shape = lambda operation: model.operation_model(operation).input_shape
calls = json.loads(sys.argv[2])
print(json.dumps([ParamValidator().validate(each, shape(name)).generate_report() for name, each in calls]))`;

/** What AWS' own description of each call says about its parameters; empty when it accepts them. */
export function refusals(service: string, calls: readonly AwsCall[]): readonly string[] {
  return JSON.parse(execFileSync("python3", ["-c", SCRIPT, service, JSON.stringify(calls)], { encoding: "utf8" }));
}

/** As refusals, of one call. */
export function refusal(service: string, ...call: AwsCall): string {
  return refusals(service, [call])[0] ?? "";
}
