import { TrieveRoster } from "pulumi-trieve";

const roster = new TrieveRoster("members", {
  file: "members.yaml",
  // What a single change must not exceed. Somebody whose `until` ran out does not count as removed.
  limits: { maxRemovals: "10%", minOwners: 2, allowedDomains: ["example.com"] },
  // Whom no change removes or demotes.
  breakGlass: ["root@example.com"],
  // The file decides: whoever is not in it is removed, once a preview has named them.
  unmanaged: "remove",
});

export const counts = roster.counts;
