import * as trieve from "pulumi-trieve";

const ada = new trieve.TrieveInvitation("ada", { email: "ada@example.com", role: "admin" });
const bob = new trieve.TrieveInvitation("bob", { email: "bob@example.com" });

export const status = { ada: ada.status, bob: bob.status };
