/**
 * The tables, one migration per version, applied in order. `{blob}` is the engine's type for bytes, and `{clustered}`
 * keeps a table in the order of its primary key, if the engine can do that. Tables with long rows are not clustered:
 * new rows go to the end, and only the short entries of their indexes are scattered, so that a report writes half as
 * many pages.
 *
 * Times are the receiver's, so that they only grow; `since` is when the device says that it checked, if that lies
 * between the previous state and the arrival.
 */
export const MIGRATIONS: readonly string[] = [
  `
  -- One row for each thing: expected by a list, or heard.
  CREATE TABLE thing (
    thing text PRIMARY KEY NOT NULL,
    expected bigint NOT NULL DEFAULT 0,      -- 1: named by --things
    first_heard text, last_heard text,       -- null: never heard
    online bigint, online_at text,           -- what its status topic said last
    has_signed bigint NOT NULL DEFAULT 0,
    chosen_born bigint, chosen_epoch text, chosen_sequence bigint, -- the complete report that device and agent are of
    drift text, runnable text, since text,   -- the worst of its jobs, and since when it is the worst; null: no report yet
    jobs bigint NOT NULL DEFAULT 0,
    device text, agent text,                 -- JSON: device{} and agent{} of the newest complete report
    change_id text, change_at text,          -- its newest change
    product text, jetpack text, arch text,   -- of device, for lists and filters
    facts_digest text, facts_at text, facts_asked_at text
  );
  CREATE INDEX thing_by_verdict ON thing (runnable, drift, thing);
  CREATE INDEX thing_by_heard ON thing (last_heard, thing);
  CREATE INDEX thing_by_name ON thing (thing, product); -- narrow, to be searched for a part of a name
  CREATE INDEX thing_by_facts ON thing (facts_digest, thing);

  -- How far each epoch of a thing has come. All sequences up to contiguous are stored, named lost or given up.
  CREATE TABLE epoch (
    thing text NOT NULL, epoch text NOT NULL,
    born bigint NOT NULL,                    -- order of the epochs of a thing: the higher, the newer
    births text NOT NULL,                    -- JSON [[from sequence, born],…]: an epoch that went on after a later one is newer from there
    boot text, boot_ms bigint,               -- the device's clock in its highest report
    seal text,                               -- of its highest report
    since text NOT NULL,                     -- when its first report seen was checked, by the device's clock
    heard text NOT NULL,
    first bigint NOT NULL,                   -- sequences before it were never expected
    settles_at text,                         -- until then earlier ones may still come, and nothing is acknowledged; '': not timed yet; null: settled
    contiguous bigint NOT NULL,
    acked bigint NOT NULL,                   -- as last sent to the device
    stored text NOT NULL,                    -- JSON [[from,to],…]: stored beyond contiguous
    missing bigint NOT NULL,                 -- how many are neither stored nor lost before the highest stored
    named text NOT NULL,                     -- JSON [[from,to,count],…]: named lost by the device
    PRIMARY KEY (thing, epoch)
  ) {clustered};
  CREATE INDEX epoch_by_birth ON epoch (thing, born);
  CREATE INDEX epoch_with_gap ON epoch (heard, thing) WHERE missing > 0;
  CREATE INDEX epoch_to_settle ON epoch (settles_at) WHERE settles_at IS NOT NULL;
  CREATE INDEX epoch_to_acknowledge ON epoch (thing) WHERE contiguous > acked;

  -- Parts of a report until all of them are here.
  CREATE TABLE part (
    thing text NOT NULL, epoch text NOT NULL, sequence bigint NOT NULL, part bigint NOT NULL,
    of_parts bigint NOT NULL, body text NOT NULL, received_at text NOT NULL,
    PRIMARY KEY (thing, epoch, sequence, of_parts, part)
  ) {clustered};
  CREATE INDEX part_by_arrival ON part (received_at);

  CREATE TABLE report (
    thing text NOT NULL, epoch text NOT NULL, sequence bigint NOT NULL,
    kind text NOT NULL, trigger_kind text NOT NULL, project text, job text,
    drift text NOT NULL, runnable text NOT NULL,
    checked_at text NOT NULL, received_at text NOT NULL,
    seal text NOT NULL, -- 'cut …' where texts were shortened: such a report cannot be compared with another copy
    dictionary bigint NOT NULL, body {blob} NOT NULL, -- packed with that dictionary
    -- By arrival, for a thing's history; the intake makes sure that each sequence of an epoch is there once.
    PRIMARY KEY (thing, received_at, epoch, sequence)
  );
  CREATE INDEX report_by_arrival ON report (kind, received_at);

  -- Sequences that will not come. given_up_by: null where the device named them, else the person who gave them up.
  CREATE TABLE lost (
    thing text NOT NULL, epoch text NOT NULL, from_sequence bigint NOT NULL, to_sequence bigint NOT NULL,
    count bigint NOT NULL, at text NOT NULL, given_up_by text,
    PRIMARY KEY (thing, epoch, from_sequence, to_sequence)
  ) {clustered};

  -- The newest word about each job on each thing. job is '' (and project '') where there is nothing to check; a model that was
  -- chosen by its component has project '' and job 'component NAME'.
  CREATE TABLE state (
    thing text NOT NULL, project text NOT NULL, job text NOT NULL,
    born bigint NOT NULL, epoch text NOT NULL, sequence bigint NOT NULL,
    drift text NOT NULL, runnable text NOT NULL, since text NOT NULL,
    checked_at text NOT NULL, received_at text NOT NULL,
    report_born bigint NOT NULL, report_epoch text NOT NULL, report_sequence bigint NOT NULL, -- its newest complete report; epoch '': none
    report_at text,                                              -- when that arrived
    told text NOT NULL,                                          -- digest of its findings
    job_digest text, deployed text,                              -- the description's digest; the component's deployed version
    blocking bigint NOT NULL, findings bigint NOT NULL,          -- open findings that drift; of them BLOCKING
    PRIMARY KEY (thing, project, job)
  ) {clustered};
  CREATE INDEX state_by_since ON state (since, thing); -- what began lately, for trends
  CREATE INDEX state_by_job ON state (project, job, runnable, drift, thing);

  -- States that are over: what state was, from since until until.
  CREATE TABLE past_state (
    thing text NOT NULL, project text NOT NULL, job text NOT NULL, since text NOT NULL, until text NOT NULL,
    drift text NOT NULL, runnable text NOT NULL,
    PRIMARY KEY (thing, project, job, since, until)
  ) {clustered};
  CREATE INDEX past_state_by_until ON past_state (until, since, drift, runnable);

  -- Findings that are not a match, waived or merely rising: open where until is null.
  CREATE TABLE finding (
    thing text NOT NULL, project text NOT NULL, job text NOT NULL, fingerprint text NOT NULL, since text NOT NULL,
    until text, rule text NOT NULL, path text NOT NULL, expected text, actual text,
    outcome text NOT NULL, severity text NOT NULL, because text NOT NULL, remedy text NOT NULL, -- JSON
    cause text NOT NULL,     -- digest of rule, expected, actual, outcome and severity: the same on all things
    follows text,            -- the rule of the finding that it follows from: no cause of its own then
    change_id text,          -- the change of the device that the same report brought
    PRIMARY KEY (thing, project, job, fingerprint, since)
  );
  -- All that causes are grouped and sampled by, so that no row is read; without until, which it is about, SQLite would read every row.
  CREATE INDEX finding_open ON finding (cause, thing, since, severity, outcome, follows, change_id, project, job, fingerprint, until)
    WHERE until IS NULL;
  CREATE INDEX finding_open_of_thing ON finding (thing) WHERE until IS NULL;
  CREATE INDEX finding_by_rule ON finding (rule, thing) WHERE until IS NULL;
  CREATE INDEX finding_by_until ON finding (until) WHERE until IS NOT NULL;

  -- What of device{} differs between a report and the complete report before it.
  CREATE TABLE change (
    thing text NOT NULL, at text NOT NULL, id text NOT NULL, -- id: digest of delta, the same on all things
    trigger_kind text NOT NULL, epoch text NOT NULL, sequence bigint NOT NULL,
    delta text NOT NULL,     -- JSON {"l4t":["32.7.1","35.3.1"],…}
    PRIMARY KEY (thing, at, id)
  ) {clustered};
  CREATE INDEX change_by_id ON change (id, at);
  CREATE INDEX change_by_time ON change (at);

  -- One row for each class of machines, see state/facts-class.ts; at: when it was last told.
  CREATE TABLE facts (digest text PRIMARY KEY, dictionary bigint NOT NULL, body {blob} NOT NULL, at text NOT NULL) {clustered};

  -- Requests of people, and whom they went to. status: WAITING, DONE, FAILED, REFUSED or SILENT.
  CREATE TABLE request (
    id text PRIMARY KEY, command text NOT NULL, filter text NOT NULL, asked_by text NOT NULL, asked_at text NOT NULL,
    things bigint NOT NULL, ends_at text NOT NULL
  ) {clustered};
  CREATE TABLE request_thing (
    id text NOT NULL, thing text NOT NULL, status text NOT NULL, sent_at text, answered_at text, answer text,
    PRIMARY KEY (id, thing)
  ) {clustered};
  CREATE INDEX request_to_send ON request_thing (id, thing) WHERE status = 'WAITING';

  -- One row for each cause or silence. status: ACTIVE, ACKNOWLEDGED, CLEARED.
  CREATE TABLE alarm (
    id text PRIMARY KEY, kind text NOT NULL, subject text NOT NULL, severity text NOT NULL, status text NOT NULL,
    first_at text NOT NULL, last_at text NOT NULL, cleared_at text, things bigint NOT NULL, most bigint NOT NULL,
    times bigint NOT NULL,   -- how often it became active
    acknowledged_by text, acknowledged_at text, details text NOT NULL -- JSON
  ) {clustered};
  CREATE TABLE silence (
    id text PRIMARY KEY, matcher text NOT NULL, reason text NOT NULL, made_by text NOT NULL, made_at text NOT NULL, ends_at text NOT NULL
  ) {clustered};
  -- Notices to webhooks, until they are delivered or given up.
  CREATE TABLE notice (
    id text PRIMARY KEY, url_key text NOT NULL, body text NOT NULL, made_at text NOT NULL, next_at text NOT NULL,
    tries bigint NOT NULL, error text
  ) {clustered};
  CREATE INDEX notice_due ON notice (next_at);

  -- Messages that were refused, by reason: how many, and the last one's first bytes.
  CREATE TABLE refused (
    reason text PRIMARY KEY, count bigint NOT NULL, last_at text NOT NULL, topic text NOT NULL, why text NOT NULL, sample {blob} NOT NULL
  ) {clustered};

  -- Running totals: reports, heartbeats, duplicates, conflicts, chain_faults, named (sequences), given_up (sequences). The total is
  -- the sum over the shards, of which each receiver has its own, so that they do not wait for each other.
  CREATE TABLE total (name text NOT NULL, shard bigint NOT NULL, value bigint NOT NULL, PRIMARY KEY (name, shard)) {clustered};
  `,
  `
  -- The last messages that were refused for each reason, so that it can be told whose they are. number: that of the refusals for
  -- this reason up to it, as refused counts them.
  CREATE TABLE refused_message (
    reason text NOT NULL, number bigint NOT NULL, thing text, -- null: its topic names none, or it came before this version
    at text NOT NULL, topic text NOT NULL, why text NOT NULL, sample {blob} NOT NULL,
    PRIMARY KEY (reason, number)
  ) {clustered};
  INSERT INTO refused_message (reason, number, thing, at, topic, why, sample)
    SELECT reason, count, NULL, last_at, topic, why, sample FROM refused;
  `,
];
