/** The handler of a form that runs `act` in place of loading another page. */
export const submitting =
  (act: () => void) =>
  (event: { preventDefault(): void }): void => {
    event.preventDefault();
    act();
  };
