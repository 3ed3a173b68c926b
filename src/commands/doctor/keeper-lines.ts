import type { KeeperView } from "../../examiner/protocol.js";
import { type DoctorLine, linesOf } from "./doctor-line.js";

/** The lines about the component's own session: its subscriptions, its echo, its outbox. */
export function keeperLines({ subscriptions, outbox }: KeeperView): readonly DoctorLine[] {
  return [subscriptionLine(subscriptions), echoLine(subscriptions), outboxLine(outbox)];
}

function subscriptionLine({ filters, open }: KeeperView["subscriptions"]): DoctorLine {
  const { ok, problem, notTried } = linesOf("session.subscriptions", "the component's own subscriptions");
  if (filters.length === 0) return notTried("there are none before the first check");
  const missing = filters.filter((filter) => !open.includes(filter));
  if (missing.length === 0) return ok(filters.join(", "));
  return problem(
    `not granted: ${missing.join(", ")}`,
    "See the lines about policies; the thing's IoT policy must allow iot:Subscribe and iot:Receive on them (recipe/policies/core-device.json)",
  );
}

function echoLine({ echo }: KeeperView["subscriptions"]): DoctorLine {
  const { ok, problem, notTried } = linesOf("session.echo", "the component's own message to itself");
  switch (echo) {
    case "ANSWERED":
      return ok("the last one came back");
    case "MISSED":
      return problem(
        "the last one did not come back: messages from the cloud do not arrive",
        "Let the thing's IoT policy allow iot:Publish, iot:Subscribe and iot:Receive on the echo topic; else restart the nucleus",
      );
    case "OFF":
      return notTried('setting "echoSeconds" is 0');
    case "NOT_YET":
      return notTried("none is due yet");
  }
}

function outboxLine({ waiting, unacknowledged, problem: why, damage }: KeeperView["outbox"]): DoctorLine {
  const { ok, problem, note } = linesOf("session.outbox", "the component's own outbox");
  const counted = `${waiting} waiting, ${unacknowledged} not acknowledged`;
  if (why !== null)
    return problem(
      `${counted}, in memory alone: ${why}`,
      "Make the work folder usable for the component's user: see the lines work.folder and work.space",
    );
  return damage === null ? ok(counted) : note(`${counted}; damage was found at the start: ${damage}`);
}
