import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { generate } from "selfsigned";
import { Client } from "../../provider/trieve/client";
import { run, World } from "../cli/run";
import { limits, ownMeetingFolder } from "../lifecycle/world";

const organizationId = "01234567-89ab-cdef-0123-456789abcdef";
const key = "tr-0123456789abcdefghijklmnopqrstuv";
const advice =
  "The server's certificate is not trusted. For a private certificate authority, set NODE_EXTRA_CA_CERTS to its certificate file.";
const day = 24 * 3600 * 1000;

/** A certificate that its own key has signed, for a host. */
function certificateFor(host: string, { expired = false } = {}) {
  const now = Date.now();
  return generate([{ name: "commonName", value: host }], {
    notBeforeDate: new Date(now - 10 * day),
    notAfterDate: new Date(now + (expired ? -5 : 5) * day),
    extensions: [
      { name: "basicConstraints", cA: true },
      { name: "subjectAltName", altNames: [{ type: 2, value: host }] },
    ],
  });
}

async function urlOf(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `localhost:${(server.address() as AddressInfo).port}`;
}

const connect = (apiUrl: string) =>
  new Client({
    apiUrl,
    apiKey: key,
    maxConcurrency: 4,
    keyAdvice: "",
    limits: { ...limits, retryForMs: 0 },
  });

describe("TLS", function () {
  this.timeout(60_000);
  ownMeetingFolder();
  let requests: string[];
  let servers: Server[];
  beforeEach(() => {
    requests = [];
    servers = [];
  });
  afterEach(() => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  });

  const listener: RequestListener = (request, response) => {
    requests.push(`${request.headers.authorization}`);
    response.end("[]");
  };

  async function secure(
    certificate: Awaited<ReturnType<typeof certificateFor>>,
    answer = listener,
  ) {
    const server = createServer({ key: certificate.private, cert: certificate.cert }, answer);
    servers.push(server);
    return `https://${await urlOf(server)}`;
  }

  const untrusted: readonly [it: string, host: string, options: { expired?: boolean }][] = [
    ["signed by nobody known", "localhost", {}],
    ["expired", "localhost", { expired: true }],
    ["of another host", "trieve.example", {}],
  ];
  for (const [name, host, options] of untrusted)
    it(`a certificate ${name}: nothing is sent, nothing concluded, and not tried again`, async () => {
      const client = connect(await secure(await certificateFor(host, options)));
      const failed = await client.listMembers(organizationId).then(
        () => undefined,
        (error) => error,
      );
      expect(failed).to.include({ name: "NoAnswer", transient: false });
      expect(failed.message).to.contain(advice);
      const removed = await client
        .removeMember(organizationId, "ada@x.example", organizationId)
        .catch((error) => error);
      expect(JSON.stringify(removed)).not.to.contain('"done"');
      expect(requests).to.deep.equal([]);
    });

  it("a private authority is trusted through NODE_EXTRA_CA_CERTS, and only for its hosts", async () => {
    const world = await World.start();
    try {
      const passOn: RequestListener = async (request, response) => {
        requests.push(`${request.headers.authorization}`);
        const { status, body } = await fetch(world.simulator.url + request.url, {
          headers: {
            authorization: `${request.headers.authorization}`,
            "tr-organization": `${request.headers["tr-organization"]}`,
          },
        });
        response.writeHead(status);
        for await (const part of body ?? []) response.write(part);
        response.end();
      };
      const certificate = await certificateFor("localhost");
      const url = await secure(certificate, passOn);
      const authority = world.file(certificate.cert, "authority.pem");
      const exported = (env: Record<string, string>, at = url) =>
        run(["export", "--url", at, "--retry-for", "0"], { env: { ...world.env, ...env } });

      const without = await exported({});
      expect(without.stderr).to.contain(advice);
      expect([without.code, requests]).to.deep.equal([3, []]);

      const trusted = await exported({ NODE_EXTRA_CA_CERTS: authority });
      expect(trusted.stdout).to.contain("email: owner@x.example");
      expect([trusted.code, requests]).to.deep.equal([0, [world.key, world.key]]);

      const elsewhere = await exported(
        { NODE_EXTRA_CA_CERTS: authority },
        url.replace("localhost", "127.0.0.1"),
      );
      expect([elsewhere.code, requests.length]).to.deep.equal([3, 2]);
    } finally {
      await world.close();
    }
  });

  it("a redirect from https to http or to another origin takes the key nowhere", async () => {
    const other = createHttpServer(listener);
    servers.push(other);
    const target = await urlOf(other);
    const world = await World.start();
    try {
      const certificate = await certificateFor("localhost");
      let redirects = 0;
      const redirect: RequestListener = (request, response) => {
        redirects++;
        response.writeHead([301, 302, 303, 307, 308][redirects % 5] ?? 302, {
          location: `http://${target}${request.url}`,
          refresh: `0; url=http://${target}/`,
          link: `<http://${target}/>; rel=preload`,
        });
        response.end();
      };
      const url = await secure(certificate, redirect);
      const authority = join(world.folder, "authority.pem");
      writeFileSync(authority, certificate.cert);
      const file = world.file("members: [ada@x.example]");
      for (const args of [["export"], ["doctor"], ["report", file], ["init"]]) {
        const { code, stdout, stderr } = await run([...args, "--url", url, "--retry-for", "0"], {
          env: { ...world.env, TRIEVE_ADMIN_KEY: key, NODE_EXTRA_CA_CERTS: authority },
        });
        expect([args[0], code]).to.deep.equal([args[0], 3]);
        expect(stdout + stderr).to.match(/is not what Trieve sends/);
      }
      expect(redirects).to.be.at.least(4);
      expect(requests, "at the other origin").to.deep.equal([]);
    } finally {
      await world.close();
    }
  });
});
