export const WORKS_AGAIN = 'everything that should be running works again';
export const WORKS = 'everything that should be running works';
