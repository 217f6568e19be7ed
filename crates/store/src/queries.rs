//! Reading requests and callbacks: one, lists, what is pending, when something is due next.

use rusqlite::{Connection, ToSql, params};
use signoff_contract::{DeliveryId, Kind, Status};

use crate::codec::{correlation_id, optional_time};
use crate::rows::{self, Stored};
use crate::{CallbackRow, Deadlines, Error, Key, ListFilter, Record, Store, callbacks};

impl Store {
    /// A request.
    pub async fn request(&self, key: &Key) -> Result<Option<Record>, Error> {
        let key = key.clone();
        self.read(move |conn| {
            let Some(n) = rows::find(conn, &key)? else {
                return Ok(None);
            };
            Ok(rows::load(conn, n)?.map(Stored::into_record))
        })
        .await
    }

    /// A page of a project's requests, newest first. `before` must be of the same project, as
    /// on any page before; one that is unknown gives an empty page.
    pub async fn requests(&self, project: &str, filter: ListFilter) -> Result<Vec<Record>, Error> {
        let project = project.to_owned();
        self.read(move |conn| {
            let before = match filter.before {
                None => i64::MAX,
                // A page goes on where the one before ended, also when that was pruned meanwhile.
                Some(id) => rows::find_any(conn, &Key::Id(id))?.unwrap_or(0),
            };
            let (status, kind) = (
                filter.status.map(Status::as_str),
                filter.kind.map(Kind::as_str),
            );
            // Each form is one range of one index.
            let sql = match status {
                Some(_) => {
                    "SELECT n FROM requests WHERE project = ?1 AND n < ?2 AND status = ?3
                            AND pruned_at IS NULL
                            AND (?4 IS NULL OR kind = ?4)
                     ORDER BY n DESC LIMIT ?5"
                }
                None => {
                    "SELECT n FROM requests WHERE project = ?1 AND n < ?2 AND ?3 IS NULL
                            AND pruned_at IS NULL
                            AND (?4 IS NULL OR kind = ?4)
                     ORDER BY n DESC LIMIT ?5"
                }
            };
            listed(
                conn,
                sql,
                params![project, before, status, kind, filter.limit],
            )
        })
        .await
    }

    /// The pending requests with a prompt that reaches the approver, soonest deadline first.
    pub async fn pending_for(&self, approver: &str, limit: u32) -> Result<Vec<Record>, Error> {
        let approver = approver.to_owned();
        self.read(move |conn| {
            let sql = "SELECT r.n FROM requests r
                       WHERE r.status = 'pending' AND EXISTS (
                           SELECT 1 FROM prompts p, json_each(p.approvers) a
                           WHERE p.request = r.n AND p.state <> 'failed' AND a.value = ?1)
                       ORDER BY r.expires_at LIMIT ?2";
            listed(conn, sql, params![approver, limit])
        })
        .await
    }

    /// The pending requests with a prompt in this place of the channel, each with that prompt's
    /// number, soonest deadline first.
    pub async fn pending_in_place(
        &self,
        channel: &str,
        place: &str,
        limit: u32,
    ) -> Result<Vec<(Record, u8)>, Error> {
        let (channel, place) = (channel.to_owned(), place.to_owned());
        self.read(move |conn| {
            let sql = "SELECT r.n, p.number FROM requests r JOIN prompts p ON p.request = r.n
                       WHERE r.status = 'pending' AND p.channel = ?1 AND p.place = ?2
                       ORDER BY r.expires_at LIMIT ?3";
            let mut query = conn.prepare_cached(sql)?;
            let found: Vec<(i64, u8)> = query
                .query_map(params![channel, place, limit], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })?
                .collect::<Result<_, _>>()?;
            let (rows, numbers): (Vec<i64>, Vec<u8>) = found.into_iter().unzip();
            let records = rows::load_all(conn, &rows)?;
            Ok(records.into_iter().zip(numbers).collect())
        })
        .await
    }

    /// How many requests of the project are pending.
    pub async fn pending_count(&self, project: &str) -> Result<u64, Error> {
        let project = project.to_owned();
        self.read(move |conn| {
            let sql = "SELECT count(*) FROM requests
                       WHERE project = ?1 AND status = 'pending' AND pruned_at IS NULL";
            Ok(conn
                .prepare_cached(sql)?
                .query_row([project], |row| row.get(0))?)
        })
        .await
    }

    /// The soonest times at which something is to be done.
    pub async fn next_deadlines(&self) -> Result<Deadlines, Error> {
        self.read(|conn| {
            let first = |sql| -> Result<_, Error> {
                optional_time(conn.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
            };
            let free = first(
                "SELECT min(expires_at) FROM requests
                 WHERE status = 'pending' AND held_until IS NULL",
            )?;
            let held = first(
                "SELECT min(held_until) FROM requests
                 WHERE status = 'pending' AND held_until IS NOT NULL",
            )?;
            Ok(Deadlines {
                expires_at: free.into_iter().chain(held).min(),
                // The reminder of one that is held may come after its deadline, and then never: it
                // is looked at when something else is due.
                remind_at: first(
                    "SELECT min(remind_at) FROM requests
                     WHERE remind_at IS NOT NULL AND held_until IS NULL",
                )?,
                callback_due_at: callbacks::soonest(conn)?,
            })
        })
        .await
    }

    /// Callbacks for the operator, newest first: of one project or all, in one state
    /// (`due`, `delivered`, `dead`) or any.
    pub async fn callbacks(
        &self,
        project: Option<&str>,
        state: Option<&str>,
        limit: u32,
    ) -> Result<Vec<CallbackRow>, Error> {
        let (project, state) = (project.map(str::to_owned), state.map(str::to_owned));
        self.read(move |conn| callback_rows(conn, project.as_deref(), state.as_deref(), limit))
            .await
    }
}

fn listed(conn: &Connection, sql: &str, params: &[&dyn ToSql]) -> Result<Vec<Record>, Error> {
    let numbers: Vec<i64> = conn
        .prepare_cached(sql)?
        .query_map(params, |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    rows::load_all(conn, &numbers)
}

fn callback_rows(
    conn: &Connection,
    project: Option<&str>,
    state: Option<&str>,
    limit: u32,
) -> Result<Vec<CallbackRow>, Error> {
    let mut sql = String::from(
        "SELECT c.id, c.project, r.correlation_id, c.url, c.state, c.total_attempts, c.due_at,
                c.last_status, c.last_detail
         FROM callbacks c JOIN requests r ON r.n = c.request WHERE TRUE",
    );
    sql.push_str(if project.is_some() {
        " AND c.project = ?1"
    } else {
        " AND ?1 IS NULL"
    });
    sql.push_str(if state.is_some() {
        " AND c.state = ?2"
    } else {
        " AND ?2 IS NULL"
    });
    sql.push_str(" ORDER BY c.n DESC LIMIT ?3");
    let mut statement = conn.prepare_cached(&sql)?;
    let mut rows = statement.query(params![project, state, limit])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(CallbackRow {
            id: DeliveryId::from_bytes(row.get(0)?),
            project: row.get(1)?,
            correlation_id: correlation_id(&row.get::<_, String>(2)?)?,
            url: row.get(3)?,
            state: row.get(4)?,
            attempts: row.get(5)?,
            due_at: optional_time(row.get(6)?)?,
            last_status: row.get(7)?,
            last_detail: row.get(8)?,
        });
    }
    Ok(found)
}
