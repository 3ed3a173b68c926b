import { describe, expect, it } from "vitest";
import { databaseAddress } from "../../../src/fleet/lambda/database-address.js";

describe("databaseAddress", () => {
  it.each([
    ["postgres://u:p@db.example/fleet?sslmode=verify-full\n", "postgres://u:p@db.example/fleet?sslmode=verify-full"],
    ["postgresql://u@db.example/fleet", "postgresql://u@db.example/fleet"],
    ['{"url":"postgres://u:p@db.example/fleet"}', "postgres://u:p@db.example/fleet"],
  ])("is what %j holds", (secret, address) => {
    expect(databaseAddress(secret)).toBe(address);
  });

  it("is made from the members of an Amazon RDS secret, over TLS with the server's name checked", () => {
    const secret = {
      dbClusterIdentifier: "fleet",
      password: "p@ss/w?rd#%",
      dbname: "packdrift",
      engine: "postgres",
      port: 5432,
      host: "fleet.cluster-c1.eu-central-1.rds.amazonaws.com",
      username: "packdrift",
    };

    expect(databaseAddress(JSON.stringify(secret))).toBe(
      "postgres://packdrift:p%40ss%2Fw%3Frd%23%25@fleet.cluster-c1.eu-central-1.rds.amazonaws.com:5432/packdrift?sslmode=verify-full",
    );
  });

  it.each(["", "hunter2", '{"password":"hunter2"}', '{"url":"mysql://hunter2"}', '["hunter2"]'])(
    "refuses %j without showing it",
    (secret) => {
      expect(() => databaseAddress(secret)).toThrow(
        /^Cannot use the database's secret: must be postgres:\/\/…, or JSON/,
      );
      expect(() => databaseAddress(secret)).not.toThrow("hunter2");
    },
  );
});
