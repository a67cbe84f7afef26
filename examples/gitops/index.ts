import { TrieveRoster } from "pulumi-trieve";

const roster = new TrieveRoster("members", {
  file: "members.yaml",
  // Limits on one change. People whose `until` has passed do not count as removed.
  limits: { maxRemovals: "10%", minOwners: 2, allowedDomains: ["example.com"] },
  // People whom no change removes or demotes.
  breakGlass: ["root@example.com"],
  // Remove people who are not in the file, after a preview has named them.
  unmanaged: "remove",
});

export const counts = roster.counts;
