import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useId, useRef } from "preact/hooks";
import type { StoredImage } from "../api/shapes.ts";
import { announce } from "../page/announcer.tsx";
import { counted, sized } from "../page/figures.ts";
import { BinIcon, DoneIcon } from "../page/icons.tsx";
import { StoredPicture } from "../pictures/stored-picture.tsx";
import { changesInWords } from "../search/in-words.ts";
import { type CopyGroup, type Member, membersOf } from "./duplicates.ts";

interface GroupCardProps {
  readonly group: CopyGroup;
  readonly onOpen: (image: StoredImage) => void;
  readonly onDelete: (images: readonly StoredImage[], kept: StoredImage) => void;
}

/** A group of copies: one that stays, and the others, to be deleted one by one or together. */
export function GroupCard({ group, onOpen, onDelete }: GroupCardProps): JSX.Element | null {
  const chosenId = useSignal(group.bestId);
  const titleId = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  const [kept, ...others] = membersOf(group, chosenId.value);
  if (!kept) return null;
  const images = others.map(({ image }) => image);
  const bytes = images.reduce((sum, image) => sum + image.bytes, 0);
  return (
    <li class="group">
      <div class="group-head">
        <h3
          id={titleId}
          ref={heading}
          tabIndex={-1}
        >{`${counted(others.length + 1, "picture")} like ${group.head.file}`}</h3>
        {group.truncated && <p class="group-more">There are more copies than these.</p>}
        <button type="button" class="button-quiet" onClick={() => onDelete(images, kept.image)}>
          <BinIcon /> {`Delete the other ${others.length === 1 ? "one" : others.length}, ${sized(bytes)}`}
          <span class="visually-hidden">{`, keep ${kept.image.file}`}</span>
        </button>
      </div>
      <ul class="tiles" aria-labelledby={titleId}>
        {[kept, ...others].map((member) => (
          <MemberTile
            key={member.image.id}
            member={member}
            isKept={member === kept}
            isBest={member.image.id === group.bestId}
            onOpen={() => onOpen(member.image)}
            onKeep={() => {
              chosenId.value = member.image.id;
              announce(`${member.image.file} stays.`);
              // The button that had the focus is gone.
              heading.current?.focus();
            }}
            onDelete={() => onDelete([member.image], kept.image)}
          />
        ))}
      </ul>
    </li>
  );
}

interface MemberTileProps {
  readonly member: Member;
  readonly isKept: boolean;
  readonly isBest: boolean;
  readonly onOpen: () => void;
  readonly onKeep: () => void;
  readonly onDelete: () => void;
}

function MemberTile({ member, isKept, isBest, onOpen, onKeep, onDelete }: MemberTileProps): JSX.Element {
  const { image, match } = member;
  const { file, width, height, format, bytes } = image;
  return (
    <li class="tile member" data-kept={isKept || undefined}>
      <button type="button" class="tile-open" aria-label={`Show ${file}`} onClick={onOpen}>
        <StoredPicture url={image.thumbnailUrl} alt="" width={width} height={height} />
      </button>
      <p class="member-name" title={file}>
        {file}
      </p>
      <p class="member-facts">{`${width} × ${height}, ${format.toUpperCase()}, ${sized(bytes)}`}</p>
      {match && changesInWords(match).length > 0 && <p class="member-facts">{changesInWords(match).join(", ")}</p>}
      {isBest && !isKept && <p class="member-facts">suggested to stay</p>}
      {isKept ? (
        <p class="member-stays">
          <DoneIcon /> {isBest ? "Best, stays" : "Stays"}
        </p>
      ) : (
        <div class="tile-foot member-foot">
          <button type="button" class="button-link" aria-label={`Keep ${file} instead`} onClick={onKeep}>
            Keep this instead
          </button>
          <button type="button" class="button-icon" title="Delete" aria-label={`Delete ${file}`} onClick={onDelete}>
            <BinIcon />
          </button>
        </div>
      )}
    </li>
  );
}
