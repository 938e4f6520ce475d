-- purpose: Opens every block that writes: the database must be the planned one and no production database.
--   The block it guards stands in place of the marker. The module and action show who is at work. An earlier block of the run may still be at work where
--   its answer was lost, or the process died: nothing is done beside it. Steps on a target take turns, so any block of the run
--   counts there; on a source they go on side by side, and only the same step's block counts.
-- side: target
-- effect: write
-- repeat: safe
-- returns: nothing
-- limit: 60
-- privileges: SELECT on V$PDBS; who may not see GV$SESSION does not see an earlier block
-- param denied: literals - OCIDs of all production databases
-- param module: literal - adbctl and the run
-- param action: literal - the step
-- param together: literal - whether other steps of the run may be at work
-- param adbctl_database: bind varchar2 in - OCID of the database the plan is for
declare
  adbctl_here varchar2(4000);
  adbctl_busy number := 0;
begin
  select max(upper(json_value(cloud_identity, '$.DATABASE_OCID'))) into adbctl_here from v$pdbs;
  if adbctl_here is null then
    raise_application_error(-20901, 'adbctl: this database does not say which one it is; nothing was changed');
  end if;
{%- if denied %}
  if adbctl_here in ({% for ocid in denied %}{% if not loop.first %}, {% endif %}{{ ocid | upper | lit }}{% endfor %}) then
    raise_application_error(-20902, 'adbctl: this is a production database; nothing was changed');
  end if;
{%- endif %}
  if :adbctl_database is null or adbctl_here <> upper(:adbctl_database) then
    raise_application_error(-20903, 'adbctl: this is database ' || adbctl_here || ', and the plan is for '
      || :adbctl_database || '; nothing was changed');
  end if;
  begin
{%- if together %}
    execute immediate 'select count(*) from gv$session s where s.module = :module and s.action = :action and s.status = ''ACTIVE'' and (s.inst_id <> :instance or s.sid <> :sid)'
      into adbctl_busy using {{ module | lit }}, {{ action | lit }}, to_number(sys_context('USERENV', 'INSTANCE')), to_number(sys_context('USERENV', 'SID'));
{%- else %}
    execute immediate 'select count(*) from gv$session s where s.module = :module and s.status = ''ACTIVE'' and (s.inst_id <> :instance or s.sid <> :sid)'
      into adbctl_busy using {{ module | lit }}, to_number(sys_context('USERENV', 'INSTANCE')), to_number(sys_context('USERENV', 'SID'));
{%- endif %}
  exception
    when others then
      if sqlcode not in (-942, -1031) then
        raise;
      end if;
  end;
  if adbctl_busy > 0 then
    raise_application_error(-20905, 'adbctl: an earlier statement of this run is still at work; nothing was changed');
  end if;
  dbms_application_info.set_module({{ module | lit }}, {{ action | lit }});
/* adbctl:body */
end;
