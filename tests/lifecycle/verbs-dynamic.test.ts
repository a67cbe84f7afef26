import { through } from "./adapters";

describe("through dynamic resources", () => {
  before(() => through("dynamic"));
  // The same tables for both adapters, which may share a process.
  delete require.cache[require.resolve("./verbs")];
  require("./verbs");
});
