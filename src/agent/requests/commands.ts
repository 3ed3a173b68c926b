/** What can be requested over IoT Core: `<prefix>/<thing>/<command>/req`, or `<prefix>/all/<command>/req` for every device. */
export type RequestCommand = "check" | "facts" | "flush" | "doctor";

export const REQUEST_COMMANDS: readonly RequestCommand[] = ["check", "facts", "flush", "doctor"];

export function isRequestCommand(value: unknown): value is RequestCommand {
  return REQUEST_COMMANDS.some((command) => command === value);
}
