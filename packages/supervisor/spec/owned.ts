/** A mount's option: its files' owners are ids of containers, also where those are remapped. Of binds alone. */
export const ownedByContainer = 'x-naru.owned';
