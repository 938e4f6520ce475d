select a.application_id, a.alias, a.flow_status_code, a.unavailable_text, w.path_prefix,
       (select count(*) from apex_workspace_schemas s where s.workspace_id = w.workspace_id and s.schema = a.owner) as mapped,
       (select max(nvl(p.page_alias, to_char(p.page_id))) from apex_application_pages p
         where p.application_id = a.application_id
           and (to_char(p.page_id) = nvl(:page, '1') or upper(p.page_alias) = upper(:page))) as page
  from apex_applications a
  join apex_workspaces w on w.workspace_id = a.workspace_id
 where (to_char(a.application_id) = :name or upper(a.alias) = upper(:name))
   and (:prefix is null or upper(w.path_prefix) = upper(:prefix))
 order by a.application_id
