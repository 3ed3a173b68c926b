import { createPrivateKey, X509Certificate } from "node:crypto";
import { statSync } from "node:fs";
import { userInfo } from "node:os";
import { codeOf, messageOf } from "../../base/errors.js";
import { checkPrivate } from "../../base/secret-file.js";
import type { MqttSettings, Settings } from "../../config/settings.js";
import { readExistingFile } from "../../platform/safe-files.js";
import { type MqttTrial, tryMqtt } from "../../transports/mqtt/mqtt-trial.js";
import { type TlsTrial, tryTls } from "../../transports/mqtt/tls-trial.js";
import { type DoctorLine, type LinesOf, linesOf } from "./doctor-line.js";
import { echoTopic, filtersReceived } from "./our-topics.js";

interface BrokerQuestion {
  /** Null: not known, so no session can be tried. */
  readonly thing: string | null;
  readonly settings: Pick<Settings, "topicPrefix" | "commandPrefix">;
  readonly mqtt: MqttSettings;
  /** Why no session may be tried, only the handshake; null if it may. */
  readonly noSession: string | null;
  readonly nowMs: number;
}

const LIMIT_MS = 8_000;
const DAY_MS = 86_400_000;
const SOON_DAYS = 30;

/** Examines the broker of `transport: mqtt`, from the files for TLS to the authorisation for our topics. */
export async function brokerLines(question: BrokerQuestion): Promise<readonly DoctorLine[]> {
  const { mqtt, nowMs } = question;
  const files = filesLine(mqtt);
  if (files.state === "PROBLEM") return [files];
  const certificate = certificateLine(mqtt, nowMs);
  const target = {
    endpoint: mqtt.endpoint,
    port: mqtt.port,
    cert: readExistingFile(mqtt.cert),
    key: readExistingFile(mqtt.key),
    ca: mqtt.ca === null ? null : readExistingFile(mqtt.ca),
  };
  const trial = await tryTls(target, LIMIT_MS);
  const lines = [files, certificate, tlsLine(trial, mqtt, nowMs)];
  if (trial.kind !== "trusted") return lines;
  return [...lines, ...(await sessionLines(trial, question))];
}

function filesLine({ cert, key, ca }: MqttSettings): DoctorLine {
  const { ok, problem } = linesOf("broker.files", "reading the PEM files for TLS");
  for (const path of [cert, key, ...(ca === null ? [] : [ca])]) {
    try {
      readExistingFile(path);
    } catch (error) {
      const why = codeOf(error) === "ENOENT" ? `there is no "${path}"` : messageOf(error);
      return problem(
        why,
        `Put the file there, readable for user ${userInfo().username}, or correct its path in "mqtt"`,
      );
    }
  }
  try {
    checkPrivate(key, statSync(key));
  } catch (error) {
    return problem(messageOf(error), `chmod 600 ${key}`);
  }
  return ok([cert, key, ca ?? "the system's authorities"].join(", "));
}

/** Whether the device's certificate is valid now, and belongs to the key. */
function certificateLine({ cert, key }: Pick<MqttSettings, "cert" | "key">, nowMs: number): DoctorLine {
  const { ok, problem, note } = linesOf("broker.certificate", "the device's certificate, its dates and its key");
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(readExistingFile(cert));
    const privateKey = createPrivateKey(readExistingFile(key));
    if (!certificate.checkPrivateKey(privateKey))
      return problem(`${key} is not the key of ${cert}`, "Install the certificate and the key of one pair");
  } catch (error) {
    return problem(`${cert} or ${key} is not a PEM file: ${messageOf(error)}`, "Install both again as PEM");
  }
  const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  const until = new Date(to).toISOString();
  if (nowMs > to) {
    const fix =
      "Issue a new certificate for the device and install it; if the date of this device is wrong, set its clock";
    return problem(clockFound(`it expired on ${until}`, nowMs), fix);
  }
  if (nowMs < from) return problem(clockFound(`it is valid from ${new Date(from).toISOString()} on`, nowMs), CLOCK_FIX);
  const days = Math.floor((to - nowMs) / DAY_MS);
  if (days < SOON_DAYS) return note(`it expires in ${days} days, on ${until}`, "Issue a new certificate before then");
  return ok(`valid until ${until}, and the key belongs to it`);
}

const CLOCK_FIX =
  "Set this device's clock: timedatectl set-ntp true, then timedatectl status must say that it is synchronized";

function clockFound(what: string, nowMs: number): string {
  return `${what}; this device's clock says ${new Date(nowMs).toISOString()}`;
}

function tlsLine(trial: TlsTrial, { endpoint, port, ca }: MqttSettings, nowMs: number): DoctorLine {
  const { ok, problem } = linesOf("broker.tls", `a TLS connection to ${endpoint}:${port}`);
  switch (trial.kind) {
    case "trusted":
      return ok(`${trial.protocol}; the server's certificate is trusted and valid until ${trial.validTo}`);
    case "distrusted":
      return problem(...distrusted(trial, endpoint, ca, nowMs));
    case "failed":
      return problem(trial.message, failureFix(trial.code, endpoint, port));
  }
}

function distrusted(
  { code, issuer, names, validFrom, validTo }: Extract<TlsTrial, { kind: "distrusted" }>,
  endpoint: string,
  ca: string | null,
  nowMs: number,
): [found: string, fix: string] {
  if (code === "CERT_HAS_EXPIRED") {
    const fix = "Renew the broker's certificate; if the date of this device is wrong, set its clock";
    return [clockFound(`the server's certificate expired on ${validTo}`, nowMs), fix];
  }
  if (code === "CERT_NOT_YET_VALID")
    return [clockFound(`the server's certificate is valid from ${validFrom} on`, nowMs), CLOCK_FIX];
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID")
    return [
      `the server's certificate is for ${names}, not for ${endpoint}`,
      `Set "mqtt.endpoint" to a name in the certificate, or issue the broker a certificate for ${endpoint}`,
    ];
  const authorities = ca === null ? "the system's authorities" : ca;
  return [
    `the server's certificate, issued by "${issuer}", is not trusted by ${authorities} (${code})`,
    'Set "mqtt.ca" to the PEM file of the authority that issued the broker\'s certificate; for AWS IoT Core that is Amazon Root CA 1',
  ];
}

function failureFix(code: string, endpoint: string, port: number): string {
  if (code === "ENOTFOUND" || code === "EAI_AGAIN")
    return `Correct "mqtt.endpoint" or this device's DNS: getent hosts ${endpoint} must print an address`;
  if (code === "ECONNREFUSED")
    return `Start the broker, or correct "mqtt.endpoint" and "mqtt.port": nothing listens on ${endpoint}:${port}`;
  if (/alert/i.test(code)) return "Register this device's certificate with the broker: it refused the certificate";
  return `Check the network and the firewall: nc -vz ${endpoint} ${port} must succeed; the broker must speak TLS 1.2 or later there`;
}

async function sessionLines(
  { socket }: Extract<TlsTrial, { kind: "trusted" }>,
  { thing, settings, mqtt, noSession }: BrokerQuestion,
): Promise<readonly DoctorLine[]> {
  const { notTried } = linesOf("broker.session", "an MQTT 5 session, a publish and the subscriptions");
  if (thing === null || noSession !== null) {
    socket.destroy();
    return [notTried(noSession ?? "the thing's name is not known", thing === null ? "Give --thing NAME" : null)];
  }
  const topic = echoTopic(thing, settings);
  const filters = [...filtersReceived(thing, settings), topic];
  const clientId = mqtt.clientId ?? `${thing}-packdrift`;
  const trial = await tryMqtt(socket, { clientId, topic, payload: "0", filters, limitMs: LIMIT_MS });
  return mqttLines(trial, clientId, topic, filters);
}

const POLICY = "recipe/policies/core-device.json and mqtt-device.json";

/** The lines about a trial of a session. */
function mqttLines(
  { connect, publish, subscribe, failure }: MqttTrial,
  clientId: string,
  topic: string,
  filters: readonly string[],
): readonly DoctorLine[] {
  const session = linesOf("broker.session", `an MQTT 5 session as client "${clientId}"`);
  const sent = linesOf("broker.publish", `publishing to ${topic}`);
  const received = linesOf("broker.subscribe", "subscribing to requests, acknowledgements and the echo");
  if (connect === null)
    return [
      session.problem(
        failure ?? "no answer",
        `Register this device's certificate with the broker, and let it connect as "${clientId}" (${POLICY})`,
      ),
    ];
  if (connect >= REFUSED)
    return [
      session.problem(
        `refused with reason ${reasonOf(connect)}`,
        `Let the certificate connect as "${clientId}" (iot:Connect in ${POLICY}), or set "mqtt.clientId" to one that it may use`,
      ),
    ];
  const connected = session.ok("accepted");
  const subscribed = subscribedLine(received, { subscribe, failure }, filters);
  const grant = `Allow iot:Publish on topic/${topic} to this device's certificate (${POLICY}), or in the broker's access list`;
  if (publish !== null && publish < REFUSED) return [connected, subscribed, sent.ok("acknowledged")];
  if (publish === null && subscribe.length < filters.length) return [connected, subscribed];
  const why = publish === null ? (failure ?? "no answer") : `refused with reason ${reasonOf(publish)}`;
  return [connected, subscribed, sent.problem(why, grant)];
}

function subscribedLine(
  { ok, problem }: LinesOf,
  { subscribe, failure }: Pick<MqttTrial, "subscribe" | "failure">,
  filters: readonly string[],
): DoctorLine {
  const refused = filters.filter((_, at) => (subscribe[at] ?? 0) >= REFUSED);
  const [unanswered] = filters.slice(subscribe.length);
  if (refused.length === 0 && unanswered === undefined) return ok(filters.join(", "));
  const cut = unanswered === undefined ? [] : [`${unanswered}: ${failure ?? "no answer"}`];
  const denied = [...refused, ...(unanswered === undefined ? [] : [unanswered])].join(", ");
  return problem(
    [...(refused.length > 0 ? [`refused: ${refused.join(", ")}`] : []), ...cut].join("; "),
    `Allow iot:Subscribe and iot:Receive on ${denied} to this device's certificate (${POLICY}), or in the broker's access list`,
  );
}

const REFUSED = 0x80;

function reasonOf(code: number): string {
  return REASONS[code] ?? `0x${code.toString(16)}`;
}

const REASONS: Readonly<Record<number, string>> = {
  132: "unsupported protocol version",
  133: "client identifier not valid",
  134: "bad user name or password",
  135: "not authorized",
  136: "server unavailable",
  140: "bad authentication method",
  151: "quota exceeded",
};
