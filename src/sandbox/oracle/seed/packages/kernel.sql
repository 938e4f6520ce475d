-- What package bodies need from below; nobody else sees it.
create package sys.kernel as
  procedure analyze(owner in varchar2, tables out number);
  procedure compile(owner in varchar2, everything in boolean);
  function has_role(username in varchar2, role in varchar2) return number;
  function hash_password(username in varchar2, password in varchar2) return varchar2;
  function is_sql_name(name in varchar2) return boolean;
  function json_is_object(document in clob) return boolean;
  function next_run(interval_text in varchar2, start_at in timestamp with time zone, after_at in timestamp with time zone) return timestamp with time zone;
  function query_text(query in clob, format in varchar2, username in varchar2) return clob;
  procedure raise_error(code in number, argument in varchar2 default null);
  function run_as(username in varchar2, block in clob, action in varchar2) return varchar2;
  procedure send_mail(smtp_host in varchar2, username in varchar2, password in varchar2, sender in varchar2, recipient in varchar2, subject in varchar2, body in clob);
  procedure make_link(link_name in varchar2, username in varchar2, host in varchar2, public_link in boolean, caller in varchar2);
  procedure set_workspace(id in number);
  procedure set_seed(seed in number);
  procedure set_statistics(owner in varchar2, table_name in varchar2, row_count in number, tables out number);
  function random return number;
end;
/
