import { through } from "./adapters";

describe("through the plugin", () => {
  before(() => through("plugin"));
  // The same tables for both adapters, which may share a process.
  delete require.cache[require.resolve("./verbs")];
  require("./verbs");
});
