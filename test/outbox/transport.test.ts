import { DeliveryError } from "../../src/base/errors.js";
import { transportSuite } from "./transport-suite.js";

transportSuite("fake", async () => {
  const arrived: string[] = [];
  let broken = false;
  return {
    topic: "t",
    arrived: () => arrived,
    transport: {
      name: "fake",
      inFlight: 4,
      async publish(topic, payload) {
        if (broken) throw new DeliveryError(`Cannot publish to "${topic}": broken`, true);
        arrived.push(payload);
      },
    },
    breakOff: async () => {
      broken = true;
    },
    restore: async () => {
      broken = false;
    },
    close: async () => {},
  };
});
