/** Why there is no answer to a question. */
export const NO_ANSWER = {
  void: 'no packet is like this',
  open: 'so many rules part these packets that it is not decided: say more of the packet',
} as const;
