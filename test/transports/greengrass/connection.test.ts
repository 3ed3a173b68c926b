import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConnectionLostError, DeliveryError } from "../../../src/base/errors.js";
import type { Flavour } from "../../../src/lab/flavour.js";
import { connectGreengrass } from "../../../src/transports/greengrass/connection.js";
import type { Greengrass } from "../../../src/transports/greengrass/port.js";
import { afterTest, COMPONENT, cleanUpAfterEach, someNucleus } from "../../lab/lab-parts.js";

const LIMITS = { connectMs: 500, slowConnectMs: 100, callMs: 500 };
const DEAF = { onLost: () => {}, onTrouble: () => {} };
const VARIABLES = ["AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT", "SVCUID"];
cleanUpAfterEach();

// The SDK reads the variables that the nucleus gives from the process' own environment.
let before: (string | undefined)[];
beforeEach(() => {
  before = VARIABLES.map((name) => process.env[name]);
});
afterEach(() => {
  for (const [at, name] of VARIABLES.entries()) {
    if (before[at] === undefined) delete process.env[name];
    else process.env[name] = before[at];
  }
});

async function scene(flavour: Flavour = "classic") {
  const nucleus = await someNucleus(flavour, { components: [{ name: "aws.greengrass.Cli" }] });
  Object.assign(process.env, nucleus.environmentOf(COMPONENT));
  const lost: string[] = [];
  const trouble: string[] = [];
  const listeners = {
    onLost: (reason: string) => void lost.push(reason),
    onTrouble: (what: string, message: string) => void trouble.push(`${what}: ${message}`),
  };
  const connect = async (): Promise<Greengrass> => {
    const greengrass = await connectGreengrass(listeners, LIMITS);
    afterTest(() => greengrass.close());
    return greengrass;
  };
  return { nucleus, lost, trouble, connect };
}

describe.each(["classic", "lite"] as const)("connectGreengrass on %s", (flavour) => {
  it("returns the component's whole configuration", async () => {
    const { nucleus, connect } = await scene(flavour);
    nucleus.setConfiguration(COMPONENT, { jobs: [{ project: "p", job: "j" }] });

    expect(await (await connect()).configuration([])).toMatchObject({ jobs: [{ project: "p", job: "j" }] });
  });

  it("distinguishes a component that is configured from one that is not", async () => {
    const { connect } = await scene(flavour);
    const greengrass = await connect();

    expect([await greengrass.isConfigured(COMPONENT), await greengrass.isConfigured("com.example.None")]).toEqual([
      true,
      false,
    ]);
  });

  it("calls back when the configuration changes, also when the callback throws", async () => {
    const { nucleus, connect } = await scene(flavour);
    const greengrass = await connect();
    let calls = 0;
    greengrass.onConfigurationChange(() => {
      calls += 1;
      throw new Error("must not end the process");
    });
    // Answered after the subscription, which was asked for first.
    await greengrass.configuration([]);
    nucleus.setConfiguration(COMPONENT, { one: 1 });
    nucleus.setConfiguration(COMPONENT, { two: 2 });

    await expect.poll(() => calls).toBe(2);
  });

  it("says which modelled error refused a message, and that it may be tried again", async () => {
    const { nucleus, connect } = await scene(flavour);
    nucleus.answerWith("PublishToIoTCore", { error: "UnauthorizedError", message: "not for you" });

    const failed = (await connect()).publish("dt/x", "{}");

    await expect(failed).rejects.toThrow('Cannot publish to "dt/x": UnauthorizedError: not for you');
    await expect(failed).rejects.toMatchObject({ retryable: true });
    await expect(failed).rejects.toThrow(DeliveryError);
  });

  it("abandons a call that is never answered", async () => {
    const { nucleus, connect } = await scene(flavour);
    const hold = nucleus.holdOperation("PublishToIoTCore");

    await expect((await connect()).publish("dt/x", "{}")).rejects.toThrow(
      'no answer to "publish to "dt/x"" within 500 ms',
    );
    hold.release();
  });

  it("reports once that the connection was lost, and abandons the pending calls", async () => {
    const { nucleus, lost, connect } = await scene(flavour);
    const greengrass = await connect();
    const hold = nucleus.holdOperation("GetConfiguration");
    const reading = greengrass.configuration([]);
    reading.catch(() => undefined);
    // A call that is not written yet fails for a reason of its own.
    await hold.held.waitFor(() => true);
    nucleus.dropConnections();

    await expect(reading).rejects.toThrow("the connection to the nucleus is lost");
    expect(lost).toHaveLength(1);
  });

  it("does not call its own close a loss", async () => {
    const { lost, connect } = await scene(flavour);
    await (await connect()).close();

    expect(lost).toEqual([]);
  });

  it("refuses a token that is void", async () => {
    const { connect } = await scene(flavour);
    process.env.SVCUID = "void";

    await expect(connect()).rejects.toThrow(ConnectionLostError);
  });

  it("gives up a nucleus that never answers the connect", async () => {
    const { nucleus, connect } = await scene(flavour);
    nucleus.stopAcknowledging();

    const connecting = connect();

    await expect(connecting).rejects.toThrow(
      'Cannot connect to the nucleus: no answer to "connect to the nucleus" within 500 ms',
    );
    await expect(connecting).rejects.toMatchObject({ loss: "SILENT" });
  });

  it("waits for a nucleus that answers the connect late, and reports that it is slow", async () => {
    const { nucleus, trouble, connect } = await scene(flavour);
    nucleus.delayAcknowledgements(200);

    const greengrass = await connect();

    expect(trouble).toEqual(["connect to the nucleus: no answer after 100 ms, waiting up to 500 ms"]);
    expect(await greengrass.isConfigured(COMPONENT)).toBe(true);
  });
});

describe("connectGreengrass", () => {
  it("says which variables are missing outside Greengrass", async () => {
    for (const name of VARIABLES) delete process.env[name];

    await expect(connectGreengrass(DEAF, LIMITS)).rejects.toThrow("are set by Greengrass");
  });

  it("says that the socket is not there", async () => {
    process.env.AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT = "/no/such/socket";
    process.env.SVCUID = "any";

    await expect(connectGreengrass(DEAF, LIMITS)).rejects.toThrow(ConnectionLostError);
  });

  it("reads a component's details where the CLI component is deployed", async () => {
    const { connect } = await scene();
    const greengrass = await connect();

    expect(await greengrass.componentDetails(COMPONENT)).toMatchObject({
      kind: "found",
      version: expect.stringMatching(/^\d/),
    });
    expect(await greengrass.componentDetails("com.example.None")).toEqual({ kind: "absent" });
    expect(await greengrass.componentDetails("org.example.NotAllowed")).toMatchObject({
      kind: "unsupported",
      why: expect.stringContaining("UnauthorizedError"),
    });
  });

  it("says that nucleus lite has no component details", async () => {
    const { connect } = await scene("lite");

    expect(await (await connect()).componentDetails(COMPONENT)).toEqual({
      kind: "unsupported",
      why: "this nucleus does not offer it: nucleus lite has no component details",
    });
  });
});
