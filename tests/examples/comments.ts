interface Comment {
  readonly id: number;
  readonly user: { readonly type: "Bot" | "User" };
  body: string;
}

/** The comments of one pull request, behind those calls of GitHub's API that the workflow makes. */
export class Comments {
  readonly all: Comment[] = [];

  add(type: Comment["user"]["type"], body: string): void {
    this.all.push({ id: this.all.length + 1, user: { type }, body });
  }

  readonly #api = {
    rest: {
      issues: {
        listComments: async () => ({ data: this.all }),
        createComment: async ({ body }: { body: string }) => this.add("Bot", body),
        updateComment: async ({ comment_id, body }: { comment_id: number; body: string }) => {
          const comment = this.all.find(({ id }) => id === comment_id);
          if (!comment) throw new Error(`No comment ${comment_id}.`);
          comment.body = body;
        },
      },
    },
    paginate: async (list: () => Promise<{ data: Comment[] }>) => (await list()).data,
  };

  /** As `actions/github-script` runs a script: the body of an async function, in the checkout. */
  async run(script: string, folder: string): Promise<void> {
    const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
    const body = new AsyncFunction("github", "context", "require", script);
    const before = process.cwd();
    process.chdir(folder);
    try {
      await body(this.#api, { issue: { owner: "acme", repo: "members", number: 7 } }, require);
    } finally {
      process.chdir(before);
    }
  }
}
