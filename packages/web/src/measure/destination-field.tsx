/** The field of a form for the destination of a path. */
export function DestinationField(props: {
  readonly label: string;
  readonly value: string;
  /** Id of the element that says what is wrong with the value; `undefined` when nothing is. */
  readonly faultId: string | undefined;
  readonly onChange: (destination: string) => void;
}) {
  const { label, value, faultId, onChange } = props;
  return (
    <label>
      {label}
      <input
        className="mono"
        placeholder="address or host name"
        autoCapitalize="none"
        autoCorrect="off"
        spellCheck={false}
        maxLength={253}
        value={value}
        aria-invalid={faultId !== undefined}
        aria-describedby={faultId}
        onChange={({ target }) => onChange(target.value)}
      />
    </label>
  );
}
