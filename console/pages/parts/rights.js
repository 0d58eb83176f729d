// What a role may do on the pages. The server decides; here nothing is offered that it would refuse.
const ranks = {viewer: 0, analyst: 1, operator: 2};
export const may = (session, role) => (ranks[session?.role] ?? -1) >= ranks[role];

export const seesBodies = (session) => may(session, 'analyst') && session.bodies;
