// The files of a message. Pictures keep their place before they have come, by the size the server knows; everything is
// fetched from this server alone, by an address that holds for the reader and for an hour.
import { Modal } from '@mantine/core';
import type { ChatMessage } from '@parley/client';
import { IconDownload, IconFile, IconPhotoOff } from '@tabler/icons-react';
import { type CSSProperties, useState } from 'react';
import { useTell } from '../parts/notices.tsx';
import { useClient } from '../session/use-client.ts';
import styles from './attachments.module.css';
import { formatBytes } from './bytes.ts';
import { useFileLink } from './use-file-link.ts';

type Attachment = ChatMessage['attachments'][number];

interface AttachmentsProps {
  files: readonly Attachment[];
  tabIndex: 0 | -1;
}

export function Attachments({ files, tabIndex }: AttachmentsProps) {
  if (files.length === 0) return null;
  return (
    <ul className={styles.list} aria-label="Files">
      {files.map((file) => (
        <li key={file.id}>
          {isPicture(file) ? (
            <Picture file={file} tabIndex={tabIndex} />
          ) : file.contentType.startsWith('video/') ? (
            <Player as="video" file={file} tabIndex={tabIndex} />
          ) : file.contentType.startsWith('audio/') ? (
            <Player as="audio" file={file} tabIndex={tabIndex} />
          ) : (
            <Download file={file} tabIndex={tabIndex} />
          )}
        </li>
      ))}
    </ul>
  );
}

interface FileProps {
  file: Attachment;
  tabIndex: 0 | -1;
}

const isPicture = ({ contentType, width, height }: Attachment): boolean =>
  contentType.startsWith('image/') && width !== undefined && height !== undefined;

const MOST_WIDE = 360;
const MOST_HIGH = 280;

/** As large as it is, within a frame. */
function sizeOf({ width = 1, height = 1 }: Attachment): CSSProperties {
  const shrink = Math.min(1, MOST_WIDE / width, MOST_HIGH / height);
  return { width: Math.max(48, Math.round(width * shrink)), aspectRatio: `${width} / ${height}` };
}

function Picture({ file, tabIndex }: FileProps) {
  const [open, setOpen] = useState(false);
  const [broken, setBroken] = useState(false);
  const link = useFileLink(file.id);
  const failed = broken || link.isError;
  return (
    <>
      <button
        type="button"
        className={styles.picture}
        style={sizeOf(file)}
        tabIndex={tabIndex}
        aria-label={`Picture ${file.name}`}
        onClick={() => (failed ? void link.refetch().then(() => setBroken(false)) : setOpen(true))}
      >
        {failed ? (
          <span className={styles.broken}>
            <IconPhotoOff size={20} aria-hidden="true" />
            Could not be loaded, press to try again
          </span>
        ) : (
          link.data !== undefined && (
            <img src={link.data} alt="" decoding="async" draggable={false} onError={() => setBroken(true)} />
          )
        )}
      </button>
      <Modal
        opened={open}
        onClose={() => setOpen(false)}
        size="auto"
        title={<span className={styles.title}>{file.name}</span>}
      >
        {link.data !== undefined && (
          <figure className={styles.figure}>
            <img
              className={styles.whole}
              src={link.data}
              alt={file.name}
              width={file.width}
              height={file.height}
            />
            <figcaption className={styles.caption}>
              {file.width} × {file.height}, {formatBytes(file.bytes)}
              <a href={link.data} download={file.name}>
                Download
              </a>
            </figcaption>
          </figure>
        )}
      </Modal>
    </>
  );
}

/** Plays in its place; `as` is what the browser plays it with. */
function Player({ file, tabIndex, as: Media }: FileProps & { as: 'video' | 'audio' }) {
  const link = useFileLink(file.id);
  return (
    <div className={styles.media}>
      <Media
        className={styles[Media]}
        src={link.data}
        controls
        preload="metadata"
        aria-label={file.name}
        tabIndex={tabIndex}
      />
      <Download file={file} tabIndex={tabIndex} />
    </div>
  );
}

function Download({ file, tabIndex }: FileProps) {
  const client = useClient();
  const tell = useTell();
  async function fetchIt() {
    try {
      const { url } = await client.call('link_upload', { uploadId: file.id });
      const anchor = document.createElement('a');
      anchor.href = url;
      anchor.download = file.name;
      anchor.click();
    } catch (error) {
      tell(`${file.name} could not be downloaded`, error);
    }
  }
  return (
    <button
      type="button"
      className={styles.file}
      tabIndex={tabIndex}
      title={`Download ${file.name}`}
      onClick={fetchIt}
    >
      <span className={styles.sign}>
        <IconFile size={20} stroke={1.5} aria-hidden="true" />
      </span>
      <span className={styles.words}>
        <span className={styles.name}>
          <span className="reader-only">Download </span>
          {file.name}
        </span>
        <span className={styles.about}>
          {kindOf(file)} · {formatBytes(file.bytes)}
        </span>
      </span>
      <IconDownload size={17} stroke={1.7} aria-hidden="true" className={styles.down} />
    </button>
  );
}

/** "PDF", "ZIP": what people call it, from the name, or else from the type. */
function kindOf({ name, contentType }: Attachment): string {
  const ending = /\.([a-z0-9]{1,5})$/i.exec(name)?.[1];
  return ending?.toUpperCase() ?? contentType.split('/')[1] ?? 'File';
}
