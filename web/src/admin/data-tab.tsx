// Copies of what is kept, and erasing a person with a report of what was erased. How long rooms keep their messages.
import fields from '../agents/fields.module.css';
import { EraseSection } from './erase-section.tsx';
import { ExportSection } from './export-section.tsx';
import { RetentionSection } from './retention-section.tsx';

export function DataTab() {
  return (
    <>
      <section className={fields.section} aria-labelledby="export">
        <h2 id="export">Export</h2>
        <p className={fields.hint}>
          One file, a line for each thing that is kept. It is made in the background and deleted after a week.
        </p>
        <ExportSection />
      </section>
      <section className={fields.section} aria-labelledby="retention">
        <h2 id="retention">How long messages are kept</h2>
        <p className={fields.hint}>Older ones are deleted with their files. A room’s owner decides.</p>
        <RetentionSection />
      </section>
      <section className={fields.section} aria-labelledby="erase">
        <h2 id="erase">Erase a person</h2>
        <p className={fields.hint}>
          Their messages with all versions and files, what search and agents know of them, and their name. The
          audit keeps ids only. This cannot be undone.
        </p>
        <EraseSection />
      </section>
    </>
  );
}
