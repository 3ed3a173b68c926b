import type { SilenceView } from "../../alarms/alarms-port.js";
import type { AlarmView } from "../../state/views.js";
import { link } from "../address.js";
import { exportsOf } from "../elements/exports.js";
import { clockTime, mark, severityMark, timeAgo, value } from "../elements/marks.js";
import { type Html, html } from "../html.js";
import type { PageContent } from "../layout.js";
import { formatNumber, pluralize } from "../page-text.js";
import { mayAsk, type Visit } from "../visit.js";

const STATUS: Readonly<Record<AlarmView["status"], Parameters<typeof mark>>> = {
  ACTIVE: [{ tone: "bad", icon: "alarm" }, "active"],
  ACKNOWLEDGED: [{ tone: "warn", icon: "late" }, "acknowledged"],
  CLEARED: [{ tone: "good", icon: "runs" }, "cleared"],
};

/** Alarms, open ones first, with what a person can do about each. */
export function alarmsPage(
  { alarms, silences }: { readonly alarms: readonly AlarmView[]; readonly silences: readonly SilenceView[] },
  visit: Visit,
): PageContent {
  const open = alarms.filter(({ status }) => status !== "CLEARED");
  const cleared = alarms.filter(({ status }) => status === "CLEARED");
  const main = html`<h1>Alarms</h1>
<p class="lead">One for each cause, one for devices that fall silent, one for delivery: however many devices there are.</p>
<section id="alarms" data-live>${
    open.length === 0
      ? html`<div class="empty-state calm"><p><b>No alarm is open.</b></p><p>Notices go to the webhooks of <code>--alarms FILE</code>; programs read <a href="/metrics">/metrics</a>.</p></div>`
      : html`<h2 class="hidden">Open</h2><ul class="cards">${open.map((alarm) => alarmCard(alarm, visit))}</ul>`
  }
${
  silences.length === 0
    ? null
    : html`<h2>Silences</h2><ul class="cards">${silences.map((silence) => silenceCard(silence, visit))}</ul>${exportsOf("/api/silences", {}, "the silences")}`
}
${cleared.length === 0 ? null : html`<h2>Cleared</h2><ul class="cards faint">${cleared.map((alarm) => alarmCard(alarm, visit))}</ul>`}${alarms.length === 0 ? null : exportsOf("/api/alarms", {}, "the alarms")}</section>`;
  return { title: "Alarms", section: "/alarms", main };
}

function alarmCard(alarm: AlarmView, visit: Visit): Html {
  const { nowMs } = visit;
  const title =
    alarm.cause === null
      ? html`<bdi>${alarm.title}</bdi>`
      : html`<a href="${link(`/causes/${encodeURIComponent(alarm.cause)}`)}"><bdi>${alarm.title}</bdi></a>`;
  return html`<li class="card alarm ${alarm.status.toLowerCase()}" data-key="${alarm.id}"><header>${mark(...STATUS[alarm.status])}<h3>${title}</h3>${severityMark("DRIFT", alarm.severity)}</header>
<p>${devicesOf(alarm)}${alarm.times > 1 ? `, ${formatNumber(alarm.times)} times` : ""}</p>
<p class="when">Since ${timeAgo(alarm.firstAt, nowMs)}${alarm.clearedAt === null ? html`, last changed ${timeAgo(alarm.lastAt, nowMs)}` : html`, cleared ${timeAgo(alarm.clearedAt, nowMs)}`}${
    alarm.acknowledgedBy === null ? null : html`, acknowledged by <bdi>${alarm.acknowledgedBy}</bdi>`
  }${alarm.silencedUntil === null ? null : html`, no notices until ${clockTime(alarm.silencedUntil, nowMs)}`}</p>
${alarm.status === "CLEARED" || !mayAsk(visit) ? null : alarmActions(alarm)}</li>`;
}

/** How many devices it is about; the title of an alarm about delivery says how many of what. */
function devicesOf({ kind, things, most }: AlarmView): Html {
  if (kind === "DELIVERY") return html`<b>Delivery</b>`;
  return html`<b>${pluralize(things, "device")}</b>${most > things ? ` now, ${formatNumber(most)} at most` : ""}`;
}

function alarmActions({ id, status, silencedUntil }: AlarmView): Html {
  const path = `/alarms/${encodeURIComponent(id)}`;
  return html`<div class="actions">${
    status === "ACTIVE"
      ? html`<form method="post" action="${path}/acknowledge"><button class="main">Acknowledge</button></form>`
      : null
  }${
    silencedUntil !== null
      ? null
      : html`<details class="silence"><summary>Silence…</summary><form method="post" action="${path}/silence" class="row"><label>For<select name="hours"><option value="1">1 hour</option><option value="8">8 hours</option><option value="24" selected>a day</option><option value="168">a week</option></select></label><label class="wide">Why<input name="reason" maxlength="200" required placeholder="planned upgrade"></label><button>Silence</button></form></details>`
  }</div>`;
}

function silenceCard({ id, reason, madeBy, endsAt, matcher }: SilenceView, visit: Visit): Html {
  const whom = Object.entries(matcher)
    .map(([name, wanted]) => `${name} ${wanted}`)
    .join(", ");
  return html`<li class="card" data-key="${id}"><h3>${value(reason, "No reason given")}</h3><p class="when">No notices about <bdi>${whom}</bdi> until ${clockTime(endsAt, visit.nowMs)}, by <bdi>${madeBy}</bdi></p>${
    mayAsk(visit)
      ? html`<form method="post" action="/alarms/silences/${encodeURIComponent(id)}/end"><button>End it now</button></form>`
      : null
  }</li>`;
}
