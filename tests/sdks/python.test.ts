import { join } from "node:path";
import { livesThrough } from "./life";
import { python, root } from "./program";

livesThrough("Python", python(join(root, "tests", "sdks", "python", "people.py")));
