import type { Script } from './start-script.ts';

/** What a question says; what is not there is not said. */
export type Words = Readonly<Record<string, string | number | undefined>>;

/** What an agent answers (agent.pl): a name and what that saw, or an error. */
export type Answer = { readonly name: string; readonly seen: string } | { readonly error: string };

/** Asks an agent all of some questions at once; the answers in their order. */
export async function askAgent(agent: Script, questions: readonly Words[]): Promise<Answer[]> {
  const answers = await agent.ask(questions.map(spell).join('\t'));
  return answers.split('\t').map(read);
}

const spell = (question: Words): string =>
  Object.entries(question)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${encodeURIComponent(value ?? '')}`)
    .join(' ');

function read(answer: string): Answer {
  const {
    error,
    name = '',
    seen = '',
  }: Partial<Record<string, string>> = Object.fromEntries(
    answer.split(' ').map((word) => word.split('=').map(decodeURIComponent)),
  );
  return error === undefined ? { name, seen } : { error };
}
