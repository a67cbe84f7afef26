import type { PostOffice } from "./mail";
import type { Pool } from "./pool";
import type { Store } from "./store";

/** How long the server takes, in milliseconds. */
export interface ServiceTimes {
  /** The two lists. @default 0 */
  readonly list?: number;
  /** Each row of a list, after it was read. @default 0 */
  readonly row?: number;
  /** Everything else but health and invitations, which take as long as their mails. @default 0 */
  readonly other?: number;
}

/** What all requests share. */
export interface World {
  readonly store: Store;
  readonly pool: Pool;
  readonly postOffice: PostOffice;
  /** `ADMIN_API_KEY` of the server. */
  readonly adminKey: string;
  readonly serviceTimes: ServiceTimes;
}
