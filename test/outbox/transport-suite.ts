import { afterEach, describe, expect, it } from "vitest";
import { DeliveryError } from "../../src/base/errors.js";
import type { Transport } from "../../src/outbox/deliver.js";
import { someReport } from "../report/builders.js";
import { until, untilResolved } from "../until.js";

/** A transport with the far end that it leads to. */
export interface TransportScene {
  readonly transport: Transport;
  /** A topic that it may publish to. */
  readonly topic: string;
  /** What has arrived there, in order. */
  readonly arrived: () => readonly string[];
  /** From now on nothing gets through; resolves when that is so. */
  readonly breakOff: () => Promise<void>;
  /** All is as before; resolves when that is so. */
  readonly restore: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** What every transport promises. */
export function transportSuite(name: string, start: () => Promise<TransportScene>): void {
  describe(`the ${name} transport`, () => {
    let scene: TransportScene | null = null;
    const started = async () => {
      scene = await start();
      return scene;
    };
    afterEach(async () => {
      await scene?.close();
      scene = null;
    });
    const report = someReport();
    const whole = JSON.stringify(report);

    it("has delivered a message, byte for byte, when publish resolves", async () => {
      const { transport, topic, arrived } = await started();
      const text = JSON.stringify({ text: 'Ω😀"\\\u0000', long: "x".repeat(6_900) });

      await transport.publish(topic, text, report);

      await until(() => arrived().length > 0);
      expect(arrived()).toEqual([text]);
    });

    it("keeps the order of as many calls as it accepts at a time", async () => {
      const { transport, topic, arrived } = await started();
      const texts = Array.from({ length: 24 }, (_, at) => `${at}`);
      // Lite refuses while ten messages wait for the broker's word: one at a time, another try keeps the order.
      const publish = (text: string) => {
        const call = () => transport.publish(topic, text, report);
        return transport.inFlight === 1 ? untilResolved(call) : call();
      };

      for (let at = 0; at < texts.length; at += transport.inFlight) {
        await Promise.all(texts.slice(at, at + transport.inFlight).map(publish));
      }

      await until(() => arrived().length >= texts.length);
      expect(arrived()).toEqual(texts);
    });

    it("throws a DeliveryError worth another try while nothing gets through, and delivers again afterwards", async () => {
      const { transport, topic, arrived, breakOff, restore } = await started();
      await transport.publish(topic, "before", report);
      await breakOff();

      const failure = await transport.publish(topic, whole, report).catch((error: unknown) => error);

      expect(failure).toBeInstanceOf(DeliveryError);
      expect(failure).toMatchObject({
        retryable: true,
        message: expect.stringContaining(`Cannot publish to "${topic}"`),
      });
      await restore();
      await untilResolved(() => transport.publish(topic, "after", report));
      await until(() => arrived().includes("after"));
      expect(arrived()[0]).toBe("before");
    });
  });
}
