import type { DeviceAcknowledgement } from "../arrival.js";
import { LEFT_BEHIND_MS } from "../feed/acknowledge-devices.js";
import { type DueRequest, dueRequests, noteStatements, requestMessage, silenceOverdue } from "../feed/send-requests.js";
import type { TakenDuty } from "./taken-duty.js";
import { sendAll, type TellingParts, tellDevices } from "./tell-devices.js";

/** What keeping up needs. */
export interface KeepingParts extends TellingParts {
  /** Null while another process has the duty. */
  readonly takeDuty: () => Promise<TakenDuty | null>;
}

const PAGE = 500;

/**
 * What one receiver does for all, in short: settles epochs, sends acknowledgements that an earlier call could not, asks for facts and
 * sends people's requests. To be called once a minute. Epochs are settled by the clock of AWS, which is set by small steps only.
 */
export async function keepUp(parts: KeepingParts): Promise<void> {
  const duty = await parts.takeDuty();
  if (duty === null) return;
  try {
    const { store, log, now } = parts;
    const mine: TellingParts = { ...parts, hasTime: () => parts.hasTime() && duty.isMine() };
    const settled = await store.settle(new Date(now()).toISOString());
    const requested = await sendRequests(mine, duty);
    const told = await tellLate(mine, duty, settled);
    log.info("upkeep.done", { settled: settled.length, requested, ...told });
  } finally {
    await duty.end();
  }
}

/** Page by page, until everything is sent or something cannot be. */
async function tellLate(parts: TellingParts, duty: TakenDuty, settled: readonly DeviceAcknowledgement[]) {
  const sum = { acknowledged: 0, asked: 0, unsent: 0 };
  const before = new Date(parts.now() - LEFT_BEHIND_MS).toISOString();
  for (let first = true; parts.hasTime() && (await duty.keep()); first = false) {
    const told = await tellDevices(parts, async ({ acknowledgements, facts }) => {
      if (first) acknowledgements.add(settled);
      await acknowledgements.resume(before);
      await facts.resume();
    });
    for (const name of ["acknowledged", "asked", "unsent"] as const) sum[name] += told[name];
    if (told.acknowledged === 0 || told.unsent > 0) break;
  }
  return sum;
}

/** Sends people's requests, and counts as silent what had its time; gives how many were sent. */
async function sendRequests(parts: TellingParts, duty: TakenDuty): Promise<number> {
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
