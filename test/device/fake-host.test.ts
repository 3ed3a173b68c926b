import { fakeHost } from "./fake-host.js";
import { describeHost } from "./host-suite.js";

describeHost("the fake", (tree) => fakeHost(tree));
