import { livesThrough } from "./life";
import { life } from "./program";

livesThrough("Go", life);
