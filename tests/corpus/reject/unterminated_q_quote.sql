-- expect: ORA-01756 2:8
select q'[abc]  from dual
