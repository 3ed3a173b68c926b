// A process whose connection to the nucleus drops at each call, again and again: prints how often, or dies.

import { connectGreengrass } from "../../../src/transports/greengrass/connection.js";

let drops = 0;
for (let n = 0; n < Number(process.argv[2]); n++) {
  const dropped = new Promise<void>((resolve) => {
    void connectGreengrass({ onLost: () => resolve(), onTrouble: () => {} }).then(async (greengrass) => {
      const calls = [greengrass.componentDetails("x"), greengrass.isConfigured("x"), greengrass.componentDetails("y")];
      await Promise.allSettled(calls);
      await greengrass.close();
    });
  });
  await dropped;
  drops += 1;
}
// Memory that was freed twice shows when it is used again.
await new Promise((resolve) => setTimeout(resolve, 1_500));
console.log(JSON.stringify({ drops }));
process.exit(0);
