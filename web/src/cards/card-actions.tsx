// Buttons and choices of a card, and who did what with them.
import { Button, MultiSelect, Select } from '@mantine/core';
import type { CardState, ShownCard } from '@parley/client';
import { useState } from 'react';
import { formatFull, formatWhen } from '../parts/times.ts';
import styles from './cards.module.css';
import { isSpent, type Press, stateOf } from './use-press.ts';

type Block = ShownCard['blocks'][number];
type ButtonOf = Extract<Block, { type: 'buttons' }>['buttons'][number];
type SelectBlock = Extract<Block, { type: 'select' }>;

export interface ActionProps {
  states: readonly CardState[] | undefined;
  press: Press;
  tabIndex: 0 | -1;
}

export function CardButtons({ buttons, states, press, tabIndex }: ActionProps & { buttons: ButtonOf[] }) {
  const [asking, setAsking] = useState<string>();
  const asked = buttons.find(({ actionId }) => actionId === asking);
  const go = ({ actionId, label }: ButtonOf) => {
    setAsking(undefined);
    void press.press(actionId, {}, label);
  };
  return (
    <div>
      <div className={styles.buttons}>
        {asked !== undefined ? (
          <fieldset className={styles.ask}>
            <legend>{asked.confirm}</legend>
            <Button
              size="xs"
              color={asked.style === 'danger' ? 'clay' : 'pine'}
              autoFocus
              onClick={() => go(asked)}
            >
              {asked.label}
            </Button>
            <Button size="xs" variant="default" onClick={() => setAsking(undefined)}>
              No
            </Button>
          </fieldset>
        ) : (
          buttons.map((button) => {
            const { actionId, label, style, mode, confirm } = button;
            const state = stateOf(states, actionId);
            return (
              <Button
                key={actionId}
                size="xs"
                variant={style === 'primary' ? 'filled' : style === 'danger' ? 'outline' : 'default'}
                {...(style === 'danger' && { color: 'clay' })}
                aria-pressed={state !== undefined}
                disabled={isSpent(mode, state, press.myId)}
                loading={press.busy === actionId}
                tabIndex={tabIndex}
                onClick={() => (confirm === undefined ? go(button) : setAsking(actionId))}
              >
                {label}
              </Button>
            );
          })
        )}
      </div>
      {buttons.map(({ actionId, label }) => (
        <Done
          key={actionId}
          state={stateOf(states, actionId)}
          press={press}
          actionId={actionId}
          what={label}
        />
      ))}
    </div>
  );
}

export function CardSelect({ block, states, press, tabIndex }: ActionProps & { block: SelectBlock }) {
  const { actionId, label, placeholder, options, multiple, mode } = block;
  const state = stateOf(states, actionId);
  const mine = state?.by === press.myId ? state.value : undefined;
  const [chosen, setChosen] = useState<string[]>(Array.isArray(mine) ? mine : []);
  const labelOf = (value: string) => options.find((option) => option.value === value)?.label ?? value;
  const values = state?.value === undefined ? [] : [state.value].flat().map(String);
  const common = {
    size: 'sm',
    data: options,
    disabled: isSpent(mode, state, press.myId) || press.busy === actionId,
    tabIndex,
    label: label ?? placeholder ?? 'Choose',
    comboboxProps: { withinPortal: true },
  } as const;
  return (
    <div className={styles.select}>
      {multiple ? (
        <>
          <MultiSelect
            {...common}
            {...(chosen.length === 0 && { placeholder })}
            value={chosen}
            onChange={setChosen}
          />
          <Button
            size="xs"
            variant="default"
            disabled={chosen.length === 0 || common.disabled}
            tabIndex={tabIndex}
            onClick={() => void press.press(actionId, { value: chosen }, common.label)}
          >
            Choose
          </Button>
        </>
      ) : (
        <Select
          {...common}
          placeholder={label === undefined ? 'Choose' : (placeholder ?? 'Choose')}
          value={typeof mine === 'string' ? mine : null}
          onChange={(value) => value !== null && void press.press(actionId, { value }, common.label)}
        />
      )}
      <Done state={state} press={press} actionId={actionId} what={values.map(labelOf).join(', ')} />
    </div>
  );
}

interface DoneProps {
  state: CardState | undefined;
  press: Press;
  actionId: string;
  what: string;
}

/** The last press of an action, and why mine did not count. */
export function Done({ state, press, actionId, what }: DoneProps) {
  const problem = press.problem?.actionId === actionId ? press.problem.words : undefined;
  return (
    <>
      {state !== undefined && (
        <p className={styles.done} title={formatFull(state.at)}>
          <strong>{what}</strong> · {press.nameOf(state.by)}, {formatWhen(state.at)}
          {state.count > 1 && ` · ${state.count.toLocaleString()} in all`}
        </p>
      )}
      {problem !== undefined && (
        <p className={styles.problem} role="alert">
          {problem}
        </p>
      )}
    </>
  );
}
