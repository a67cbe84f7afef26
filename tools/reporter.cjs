const { spec: Spec } = require("mocha").reporters;

/** What people like to read, and a last line that a machine can. */
module.exports = class extends Spec {
  constructor(runner, options) {
    super(runner, options);
    const { stats } = runner;
    runner.once("end", () => console.log(`${stats.passes} passed, ${stats.failures} failed`));
  }
};
