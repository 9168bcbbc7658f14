// An invitation is for who has signed in. It waits meanwhile in the page's memory: a token is in no storage, and the letter still has it.

let kept: string | null = null;

export const invitation = {
  get: () => kept,
  keep: (token: string | null) => {
    kept = token ?? kept;
    return kept;
  },
  forget: () => {
    kept = null;
  },
};
