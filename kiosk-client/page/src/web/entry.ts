// By what a person comes: the part of the link behind '#', which is in no log of a server. Read once, then taken out of
// the address bar, so that it is in no screenshot, bookmark or history.

export type Entry =
  | { invitationToken: string }
  | { linkCode: string }
  | { slip: { linkCode: string; dossierCode: string; check: string } };

// The entry of a link; null: none; 'wrong': something that is no entry.
export function entryIn(hash: string): Entry | 'wrong' | null {
  if (hash.length <= 1) return null;
  const parts = new URLSearchParams(hash.slice(1));
  const [invitation, link, dossier, check] = ['i', 'l', 'd', 'c'].map((name) => (parts.get(name) ?? '').trim());
  if (invitation && !link) return { invitationToken: invitation };
  if (link && dossier && check && !invitation) return { slip: { linkCode: link, dossierCode: dossier, check } };
  if (link && !dossier && !check && !invitation) return { linkCode: link };
  return 'wrong';
}

export function isSameEntry(one: Entry, other: Entry): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
