import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { createBrotliCompress, createDeflate, createGzip } from "node:zlib";
import { expect } from "chai";
import { Client, type Limits } from "../../provider/trieve/client";
import { limits, ownMeetingFolder } from "../lifecycle/world";

const organizationId = "01234567-89ab-cdef-0123-456789abcdef";
const megabyte = 1024 * 1024;
const zeros = Buffer.alloc(megabyte, " ");

describe("answers without measure", function () {
  this.timeout(120_000);
  ownMeetingFolder();

  /** What becomes of a question, and how much memory it took beyond what was there before. */
  async function ask(listener: RequestListener, own: Partial<Limits>) {
    const server = createServer(listener).listen(0, "127.0.0.1");
    await once(server, "listening");
    const client = new Client({
      apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      apiKey: "tr-0123456789abcdefghijklmnopqrstuv",
      maxConcurrency: 4,
      keyAdvice: "",
      limits: { ...limits, readMs: 60_000, retryForMs: 0, ...own },
    });
    const before = process.memoryUsage.rss();
    let most = before;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage.rss());
    }, 5);
    try {
      return await client.listMembers(organizationId).then(
        (members) => ({ members, code: undefined, memory: most - before }),
        ({ code, name }) => ({ members: undefined, code: code ?? name, memory: most - before }),
      );
    } finally {
      clearInterval(watch);
      server.closeAllConnections();
      server.close();
    }
  }

  /** Sends until the other side has had enough, at most 1 GiB. Tells how many megabytes went into the stream. */
  function flood(stream: NodeJS.WritableStream, sent: { megabytes: number }): void {
    let open = true;
    stream.on("close", () => {
      open = false;
    });
    stream.on("error", () => {
      open = false;
    });
    const more = () => {
      while (open && sent.megabytes < 1024) {
        sent.megabytes++;
        if (!stream.write(zeros)) {
          stream.once("drain", more);
          return;
        }
      }
      if (open) stream.end();
    };
    more();
  }

  it("1 GiB: given up at the limit, and the server stops sending", async () => {
    const sent = { megabytes: 0 };
    const result = await ask((_request, response) => flood(response, sent), {
      maxBytes: 8 * megabyte,
    });
    expect(result.code).to.equal("TOO_LARGE");
    expect(sent.megabytes).to.be.within(8, 64);
    expect(result.memory).to.be.below(200 * megabyte);
  });

  it("1 GiB as announced: given up all the same", async () => {
    const sent = { megabytes: 0 };
    const result = await ask(
      (_request, response) => {
        response.writeHead(200, { "content-length": String(1024 * megabyte) });
        flood(response, sent);
      },
      { maxBytes: 8 * megabyte },
    );
    expect(result.code).to.equal("TOO_LARGE");
    expect(sent.megabytes).to.be.within(8, 64);
  });

  for (const [encoding, compress] of [
    ["gzip", createGzip],
    ["deflate", createDeflate],
    ["br", createBrotliCompress],
  ] as const)
    it(`1 GiB packed small (${encoding}): the limit counts what comes out`, async () => {
      const sent = { megabytes: 0 };
      const result = await ask(
        (_request, response) => {
          response.writeHead(200, { "content-encoding": encoding });
          const packer = compress();
          packer.pipe(response);
          response.on("close", () => packer.destroy());
          flood(packer, sent);
        },
        { maxBytes: 8 * megabyte },
      );
      expect(result.code).to.equal("TOO_LARGE");
      expect(result.memory).to.be.below(200 * megabyte);
    });

  it("millions of rows, none of them right: one mismatch is enough", async () => {
    const rows = Buffer.from(`[${"0,".repeat(8 * megabyte)}0]`);
    const result = await ask((_request, response) => response.end(rows), {
      maxBytes: 32 * megabyte,
    });
    expect(result.code).to.equal("UnexpectedAnswer");
    expect(result.memory).to.be.below(600 * megabyte);
  });

  it("a byte now and then, for ever: given up when the time is over, though it never pauses", async () => {
    let bytes = 0;
    const result = await ask(
      (_request, response) => {
        const drip = setInterval(() => {
          bytes++;
          response.write(" ");
        }, 10);
        response.on("close", () => clearInterval(drip));
      },
      { readMs: 400, connectMs: 200 },
    );
    expect(result.code).to.equal("TIMEOUT");
    expect(bytes).to.be.above(3);
  });

  it("header after header, for ever: given up", async () => {
    const result = await ask(
      ({ socket }) => {
        socket.on("error", () => {});
        socket.write("HTTP/1.1 200 OK\r\n");
        const more = () => {
          if (!socket.destroyed)
            socket.write(`x: ${"y".repeat(1000)}\r\n`, () => setImmediate(more));
        };
        more();
      },
      { readMs: 20_000 },
    );
    expect(result.code).to.equal("HPE_HEADER_OVERFLOW");
  });

  it("interim answers, for ever: given up when the time is over", async () => {
    const result = await ask(
      ({ socket }) => {
        socket.on("error", () => {});
        const more = setInterval(() => socket.write("HTTP/1.1 103 Early Hints\r\n\r\n"), 5);
        socket.on("close", () => clearInterval(more));
      },
      { readMs: 400, connectMs: 200 },
    );
    expect(result.code).to.equal("TIMEOUT");
  });
});
