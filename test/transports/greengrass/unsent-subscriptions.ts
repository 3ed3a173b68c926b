// A process whose nucleus stops reading: its subscriptions time out before they are written, and are closed a while before the
// connection drops, again and again. Prints how often, or dies.

import { connectGreengrass } from "../../../src/transports/greengrass/connection.js";
import { endOnAbort } from "../../../src/transports/greengrass/native-part.js";

const LIMITS = { connectMs: 5_000, slowConnectMs: 5_000, callMs: 200 };
// More than a second, after which the first remedy closed streams all the same.
const BETWEEN_MS = 1_200;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

await endOnAbort();
let drops = 0;
for (let n = 0; n < Number(process.argv[2]); n++) {
  let lost = () => {};
  const dropped = new Promise<void>((resolve) => {
    lost = resolve;
  });
  const greengrass = await connectGreengrass({ onLost: lost, onTrouble: () => {} }, LIMITS);
  // The proxy stops reading at the first message; what fills the socket makes all that follow wait in the client.
  const filling = Array.from({ length: 8 }, () => greengrass.publish("dt/x", "x".repeat(100_000)));
  const subscriptions = Array.from({ length: 8 }, (_, at) => greengrass.subscribe(`cmd/${at}/req`, () => {}));
  await Promise.allSettled(filling);
  for (const subscription of subscriptions) void subscription.close();
  await pause(BETWEEN_MS);
  process.stdout.write("drop\n");
  await dropped;
  await greengrass.close();
  await pause(100);
  drops += 1;
}
console.log(JSON.stringify({ drops }));
process.exit(0);
