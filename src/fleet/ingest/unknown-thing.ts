import type { ThingRow } from "../store/rows.js";

/** The row of a thing that has never been heard. */
export const UNKNOWN: Omit<ThingRow, "thing"> = {
  expected: 0,
  first_heard: null,
  last_heard: null,
  online: null,
  online_at: null,
  has_signed: 0,
  chosen_born: null,
  chosen_epoch: null,
  chosen_sequence: null,
  drift: null,
  runnable: null,
  since: null,
  jobs: 0,
  device: null,
  agent: null,
  change_id: null,
  change_at: null,
  product: null,
  jetpack: null,
  arch: null,
  facts_digest: null,
  facts_at: null,
  facts_asked_at: null,
};
