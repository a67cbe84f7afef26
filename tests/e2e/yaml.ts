import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Running } from "./cli";
import { World } from "./world";

const main = resolve(__dirname, "..", "..", "provider", "plugin", "main.js");

/** A resource of a YAML program. */
export interface YamlResource {
  readonly type: string;
  readonly properties?: object;
  readonly options?: object;
}

/** A world whose program is YAML, with the plugin of this checkout. */
export class YamlWorld {
  private constructor(readonly world: World) {}

  static async create(options: Parameters<typeof World.create>[1] = {}): Promise<YamlWorld> {
    const world = await World.create({}, options);
    const folder = join(world.project.folder, "plugins");
    mkdirSync(folder);
    // As npm does for a `bin`.
    chmodSync(main, 0o755);
    symlinkSync(main, join(folder, "pulumi-resource-trieve"));
    return new YamlWorld(world);
  }

  /** JSON is YAML. */
  declare(
    resources: Readonly<Record<string, YamlResource>>,
    outputs: object = {},
    more: object = {},
  ): Promise<void> {
    const plugins = { providers: [{ name: "trieve", path: "./plugins" }] };
    const program = { name: "e2e", runtime: "yaml", plugins, resources, outputs, ...more };
    return this.world.project.write(JSON.stringify(program, undefined, 2), "Pulumi.yaml");
  }

  /** An `up` whose first invitation has arrived at the server, which answers it so much later. */
  async upUntilInvite(delayMs: number): Promise<Running> {
    const { simulator, project } = this.world;
    const arrived = new Promise<void>((resolve) => {
      simulator.fault({
        route: "invite",
        effect: { delayMs },
        when: () => {
          resolve();
          return true;
        },
      });
    });
    const running = project.start("up", "--yes", "--skip-preview");
    await arrived;
    return running;
  }
}

export const invitation = (properties: object, options?: object): YamlResource => ({
  type: "trieve:Invitation",
  properties,
  ...(options ? { options } : {}),
});

/** A value of another resource. */
export const ref = (path: string): string => `\${${path}}`;
