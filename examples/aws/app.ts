import { App } from "aws-cdk-lib";
import { FleetStack } from "./lib/fleet-stack.ts";
import { readOptions } from "./lib/options.ts";

const app = new App();
new FleetStack(
  app,
  "packdrift-fleet",
  readOptions((name) => app.node.tryGetContext(name)),
);
app.synth();
