import type { DeviceAcknowledgement } from "../arrival.js";
import { LEFT_BEHIND_MS } from "../feed/acknowledge-devices.js";
import { type DueRequest, dueRequests, noteStatements, requestMessage, silenceOverdue } from "../feed/send-requests.js";
import { type NotifyParts, notifyDevices, sendAll } from "./notify-devices.js";
import type { TakenDuty } from "./taken-duty.js";

/** The dependencies of the upkeep. */
export interface UpkeepParts extends NotifyParts {
  /** Resolves to null if another process holds the duty. */
  readonly takeDuty: () => Promise<TakenDuty | null>;
}

const PAGE = 500;

/**
 * One round of the `devices` duty: settles epochs, sends acknowledgements that an earlier call could not send, requests facts and
 * sends people's requests. Called once a minute. Epochs are settled by AWS's clock, which is only ever adjusted in small steps.
 */
export async function runUpkeep(parts: UpkeepParts): Promise<void> {
  const duty = await parts.takeDuty();
  if (duty === null) return;
  try {
    const { store, log, now } = parts;
    const mine: NotifyParts = { ...parts, hasTime: () => parts.hasTime() && duty.isMine() };
    const settled = await store.settle(new Date(now()).toISOString());
    const requested = await sendRequests(mine, duty);
    const counts = await sendPending(mine, duty, settled);
    log.info("upkeep.done", { settled: settled.length, requested, ...counts });
  } finally {
    await duty.end();
  }
}

/** Sends pending acknowledgements and facts requests page by page, until all are sent or one fails. */
async function sendPending(parts: NotifyParts, duty: TakenDuty, settled: readonly DeviceAcknowledgement[]) {
  const sum = { acknowledged: 0, asked: 0, unsent: 0 };
  const before = new Date(parts.now() - LEFT_BEHIND_MS).toISOString();
  for (let first = true; parts.hasTime() && (await duty.keep()); first = false) {
    const counts = await notifyDevices(parts, async ({ acknowledgements, facts }) => {
      if (first) acknowledgements.add(settled);
      await acknowledgements.resume(before);
      await facts.resume();
    });
    for (const name of ["acknowledged", "asked", "unsent"] as const) sum[name] += counts[name];
    if (counts.acknowledged === 0 || counts.unsent > 0) break;
  }
  return sum;
}

/** Sends people's requests and marks overdue ones as silent; resolves to how many were sent. */
async function sendRequests(parts: NotifyParts, duty: TakenDuty): Promise<number> {
  const { store, prefixes, now } = parts;
  await silenceOverdue(store, now());
  let count = 0;
  while (parts.hasTime() && (await duty.keep())) {
    const due = [...(await dueRequests(store, PAGE))];
    const sent: DueRequest[] = [];
    const next = () => {
      const request = due.shift();
      if (request === undefined) return null;
      return { ...requestMessage(request, prefixes), onSent: () => void sent.push(request), onFailed: () => {} };
    };
    const { failed } = await sendAll({ next }, parts);
    if (sent.length > 0) await store.write(noteStatements(sent, new Date(now()).toISOString()));
    count += sent.length;
    if (sent.length === 0 || failed > 0) break;
  }
  return count;
}
