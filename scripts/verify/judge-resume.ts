// Judges the answers to joins and pages: P5 (complete, or honest about it) and G5 (live goes on where they end). Pure.
// Must never judge what came live later: the reader's judge does.
import type { Findings } from './judge.ts';
import type { PageRecord, ReaderRecord, RoomRecord } from './records.ts';

export function judgeJoins(found: Findings, reader: ReaderRecord, room: RoomRecord): void {
  const where = `room ${room.id}, ${reader.name}`;
  for (const [i, join] of reader.joins.entries()) {
    judgePage(found, join, `${where}, join ${i + 1}`);
    found.count('G5');
    const first = reader.heard.find((entry) => entry.join === i && entry.via === 'live');
    const from = join.lastSeq;
    if (first !== undefined && first.seq > from + 1)
      found.add(
        'G5',
        'hole between history and live',
        `${where}, join ${i + 1}`,
        `the history ends at ${from}, live begins with ${first.seq}`,
      );
  }
}

export function judgePages(found: Findings, room: RoomRecord): void {
  for (const page of room.pages) judgePage(found, page, `room ${room.id}, page after ${page.after}`);
  for (const { what, resync } of room.beyond) {
    found.count('P5');
    if (!resync) found.add('P5', 'resync not said', `room ${room.id}`, what);
  }
}

/** After `afterSeq` comes the next entry, then each next one, up to the end or with `hasMore`. */
function judgePage(found: Findings, page: PageRecord, where: string): void {
  const { after, seqs, lastSeq, hasMore, resync } = page;
  found.count('P5');
  const sameLife = page.epoch === undefined || page.epoch === page.now;
  if (resync && after !== undefined && after <= lastSeq && sameLife)
    found.add('P5', 'needless resync', where, `afterSeq ${after}, lastSeq ${lastSeq}`);
  const from = resync || after === undefined ? (seqs[0] ?? lastSeq + 1) - 1 : after;
  const hole = seqs.findIndex((seq, i) => seq !== from + i + 1);
  if (hole >= 0)
    found.add('P5', 'resume with a hole', where, `seq ${seqs[hole]} where ${from + hole + 1} belongs`);
  else if (!hasMore && !resync && from + seqs.length < lastSeq)
    found.add('P5', 'resume ends early', where, `ends at ${from + seqs.length} of ${lastSeq}, no hasMore`);
  else if (hasMore && from + seqs.length >= lastSeq)
    found.add('P5', 'hasMore without more', where, `reaches ${lastSeq}`);
}
